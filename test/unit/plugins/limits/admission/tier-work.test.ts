import { describe, expect, it } from 'vitest'
import { computed, type Embeddings } from '../../../../../gateway/core/embeddings.ts'
import type { EmbedFn } from '../../../../../gateway/core/layer.ts'
import { batchOf, callOf } from '../../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { tierWork } from '../../../../../plugins/limits/admission/tier-work.ts'
import { modelOf } from '../../../http/gateway.ts'

/** Longer than work may stand still. */
const stalledMs = 1_001

/** Two tiers that hold what they are given, until they are told to answer. */
const setup = () => {
  const clock = fakeClock()
  const tiers = tierWork(clock)
  const model = modelOf()
  const add = () => {
    const state = { canBeCalled: true }
    const answers: (() => void)[] = []
    const held: EmbedFn = () =>
      new Promise<Embeddings>((resolve) => answers.push(() => resolve(computed([[1]], 1, [10]))))
    const alternatives = { lowerTier: () => false, sameTier: () => state.canBeCalled, otherReplica: () => false }
    const embed = tiers.count(held, { model, computing: true, alternatives })
    const send = (): Promise<Embeddings> => embed(batchOf(['text']), callOf(clock))
    const answer = async (): Promise<void> => {
      answers.shift()?.()
      await clock.advance(0)
    }
    return { state, send, answer }
  }
  const [gpu, cpu] = [add(), add()]
  return { clock, tiers, gpu, cpu }
}

describe('the work of the tiers of a model', () => {
  it('is ahead of new work in the first tier, whatever waits in the second', async () => {
    const { clock, tiers, gpu, cpu } = setup()
    const first = tiers.ahead()
    void gpu.send()
    void cpu.send()
    await clock.advance(100)
    expect(tiers.ahead()).toBe(first)
  })

  it('is ahead in the second tier while the first one cannot be called', () => {
    const { tiers, gpu } = setup()
    const first = tiers.ahead()
    gpu.state.canBeCalled = false
    expect(tiers.ahead()).toBeDefined()
    expect(tiers.ahead()).not.toBe(first)
  })

  it('is ahead in the second tier while the first one answers nothing', async () => {
    const { clock, tiers, gpu } = setup()
    const first = tiers.ahead()
    void gpu.send()
    void gpu.send()
    await clock.advance(stalledMs)
    expect(tiers.ahead()).not.toBe(first)
    await gpu.answer()
    expect(tiers.ahead()).toBe(first)
  })

  it('is ahead in the last tier when all that can be called answer nothing', async () => {
    const { clock, tiers, gpu, cpu } = setup()
    const first = tiers.ahead()
    void gpu.send()
    void cpu.send()
    await clock.advance(stalledMs)
    expect(tiers.ahead()).not.toBe(first)
    cpu.state.canBeCalled = false
    expect(tiers.ahead()).toBe(first)
  })

  it('is ahead in no tier when none can be called', () => {
    const { tiers, gpu, cpu } = setup()
    gpu.state.canBeCalled = cpu.state.canBeCalled = false
    expect(tiers.ahead()).toBeUndefined()
  })
})
