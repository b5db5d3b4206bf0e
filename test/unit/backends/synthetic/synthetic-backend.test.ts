import { describe, expect, it } from 'vitest'
import type { SyntheticOptions } from '../../../../backends/synthetic/options.ts'
import { syntheticBackend } from '../../../../backends/synthetic/synthetic-backend.ts'
import { CallerGone } from '../../../../gateway/core/errors.ts'
import { batchOf, callOf, contextOf, fakeClock } from '../../../../gateway/testing/index.ts'

const usual: SyntheticOptions = {
  dims: 8,
  maxTokens: 16,
  latencyMs: 0,
  msPerToken: 0,
  jitterMs: 0,
  failRatio: 0,
  seed: 1,
  faults: [],
}

const setUp = async (options: Partial<SyntheticOptions> = {}) => {
  const clock = fakeClock()
  const backend = syntheticBackend(contextOf({ ...usual, ...options }, { clock }))
  await backend.start()
  const ask = (texts: readonly string[] = ['a']) => backend.embed(batchOf(texts), callOf(clock))
  const outcomes = async (calls: number): Promise<string[]> => {
    const seen: string[] = []
    for (let call = 0; call < calls; call++) {
      seen.push(
        await ask().then(
          () => 'ok',
          (error: { fault: string }) => error.fault,
        ),
      )
    }
    return seen
  }
  return { backend, clock, ask, outcomes }
}

const settled = (work: Promise<unknown>): { done: boolean } => {
  const seen = { done: false }
  const mark = (): void => void (seen.done = true)
  work.then(mark, mark)
  return seen
}

describe('synthetic backend', () => {
  it('takes its latency, and time per token', async () => {
    const { ask, clock } = await setUp({ latencyMs: 10, msPerToken: 2 })
    const seen = settled(ask(['12345678', '1234']))
    await clock.advance(10 + 2 * (4 + 3) - 1)
    expect(seen.done).toBe(false)
    await clock.advance(1)
    expect(seen.done).toBe(true)
  })

  it('counts tokens, and cuts what is longer than it reads', async () => {
    const { ask } = await setUp()
    const answer = await ask(['abcd', 'x'.repeat(56), 'x'.repeat(57), 'x'.repeat(90)])
    expect([...answer.tokens]).toEqual([3, 16, 16, 16])
    expect([...answer.truncated]).toEqual([0, 0, 1, 1])
    expect(answer.vectors.slice(8, 16)).toEqual(answer.vectors.slice(24, 32))
  })

  it('ends with its call, and leaves no timer', async () => {
    const { backend, clock } = await setUp({ latencyMs: 1_000 })
    const call = callOf(clock)
    const work = backend.embed(batchOf(['a']), call)
    call.abort(new CallerGone())
    await expect(work).rejects.toBeInstanceOf(CallerGone)
    expect(clock.pending).toBe(0)
  })

  it('fails the given share of calls, the same ones for the same seed', async () => {
    const first = await (await setUp({ failRatio: 0.25 })).outcomes(400)
    const second = await (await setUp({ failRatio: 0.25 })).outcomes(400)
    const failed = first.filter((outcome) => outcome === 'error').length
    expect(failed).toBeGreaterThan(60)
    expect(failed).toBeLessThan(140)
    expect(second).toEqual(first)
    expect(await (await setUp({ failRatio: 0.25, seed: 2 })).outcomes(400)).not.toEqual(first)
  })

  it.each([
    ['error', 'error'],
    ['busy', 'busy'],
    ['drop', 'connection'],
    ['down', 'unavailable'],
  ] as const)('shows the scripted fault %s as %s, in its window of calls', async (fault, seen) => {
    const { outcomes } = await setUp({ faults: [{ fault, afterCalls: 2, forCalls: 2 }] })
    expect(await outcomes(6)).toEqual(['ok', 'ok', seen, seen, 'ok', 'ok'])
  })

  it('shows a scripted fault in its window of time', async () => {
    const { outcomes, clock, backend } = await setUp({ faults: [{ fault: 'down', afterMs: 100, forMs: 50 }] })
    const stateOf = async () => (await backend.health(AbortSignal.timeout(1_000))).state
    expect([await outcomes(1), await stateOf()]).toEqual([['ok'], 'up'])
    await clock.advance(100)
    expect([await outcomes(1), await stateOf()]).toEqual([['unavailable'], 'down'])
    await clock.advance(50)
    expect([await outcomes(1), await stateOf()]).toEqual([['ok'], 'up'])
  })

  it('hangs until the call is over', async () => {
    const { ask, clock } = await setUp({ faults: [{ fault: 'hang', forCalls: 1 }] })
    const seen = settled(ask())
    await clock.advance(9_999)
    expect(seen.done).toBe(false)
    await clock.advance(1)
    expect(seen.done).toBe(true)
    await expect(ask()).resolves.toBeDefined()
  })

  it('is ten times as slow, or 100 ms', async () => {
    const { ask, clock } = await setUp({ latencyMs: 20, faults: [{ fault: 'slow', forCalls: 1 }] })
    const seen = settled(ask())
    await clock.advance(199)
    expect(seen.done).toBe(false)
    await clock.advance(1)
    expect(seen.done).toBe(true)
  })

  it('answers with a row that is not finite, or with a row too few', async () => {
    const { ask } = await setUp({
      faults: [
        { fault: 'nan', forCalls: 1 },
        { fault: 'short', afterCalls: 1, forCalls: 1 },
      ],
    })
    expect((await ask(['a', 'b'])).vectors[0]).toBeNaN()
    expect((await ask(['a', 'b'])).tokens).toHaveLength(1)
    expect((await ask(['a', 'b'])).tokens).toHaveLength(2)
  })

  it('answers nothing before it has started and after it is closed', async () => {
    const clock = fakeClock()
    const backend = syntheticBackend(contextOf(usual, { clock }))
    const refused = { fault: 'unavailable' }
    await expect(backend.embed(batchOf(['a']), callOf(clock))).rejects.toMatchObject(refused)
    expect((await backend.health(AbortSignal.timeout(1_000))).state).toBe('starting')
    await backend.start()
    await backend.close()
    await expect(backend.embed(batchOf(['a']), callOf(clock))).rejects.toMatchObject(refused)
    await expect(backend.start()).rejects.toMatchObject(refused)
    expect((await backend.health(AbortSignal.timeout(1_000))).state).toBe('down')
  })
})
