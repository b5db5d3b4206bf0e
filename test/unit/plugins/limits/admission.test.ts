import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Priority } from '../../../../gateway/core/call.ts'
import { computed, type EmbedBatch, type Embeddings } from '../../../../gateway/core/embeddings.ts'
import type { GatewayError } from '../../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../../gateway/core/layer.ts'
import { batchOf as textsBatch, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { admission } from '../../../../plugins/limits/admission.ts'
import { modelOf } from '../../http/gateway.ts'

/** A text of which `tokens` are estimated at first: 4 bytes a token, 2 tokens more. */
const textOf = (tokens: number): string => 'x'.repeat((tokens - 2) * 4)

const batchOf = (tokens: number): EmbedBatch => textsBatch([textOf(tokens)])

/** How it ends: `answered`, or the code of the error. */
const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: unknown) => error,
  )

const setup = (queueTokens: number, embed?: EmbedFn) => {
  const clock = fakeClock()
  const shed: string[] = []
  const ends: (() => void)[] = []
  const model = modelOf()
  const held: EmbedFn = (batch) =>
    new Promise<Embeddings>((resolve) => {
      // The counts agree with the estimate, which therefore stays as it is.
      ends.push(() => resolve(computed([[1]], 1, [model.estimate.tokensOfAll(batch.texts)])))
    })
  const layer = admission(clock, { queueTokens, onShed: (priority) => shed.push(priority) })
  const run = layer(embed ?? held, { model })
  const send = (tokens: number, priority: Priority = 'interactive') => run(batchOf(tokens), callOf(clock, { priority }))
  const end = (): void => ends.shift()?.()
  return { clock, shed, model, send, end }
}

describe('admission', () => {
  it('refuses at once what would not fit, and admits it when there is room again', async () => {
    const { shed, send, end } = setup(100)
    const first = send(60)
    expect(await outcomeOf(send(50))).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 1000 })
    expect(shed).toEqual(['interactive'])
    end()
    await first
    const second = send(50)
    end()
    expect(await outcomeOf(second)).toBe('answered')
  })

  it('gives room back whatever becomes of the work', async () => {
    const broken = setup(100, async () => {
      throw new Error('broken')
    })
    for (let times = 0; times < 10; times++)
      expect(await outcomeOf(broken.send(90))).toMatchObject({ message: 'broken' })
    expect(broken.shed).toEqual([])
  })

  it('counts bulk and interactive work together against the cap', async () => {
    const { send } = setup(100)
    void send(60, 'bulk')
    expect(await outcomeOf(send(50))).toMatchObject({ code: 'EG_OVERLOADED' })
  })

  it('learns from answers how many tokens texts have', async () => {
    const { send, model, end } = setup(1000, undefined)
    const text = textOf(50)
    const before = model.estimate.tokensOf(text)
    const dense = setup(1000, async () => computed([[1]], 1, [194]))
    await dense.send(50)
    expect(dense.model.estimate.tokensOf(text)).toBeGreaterThan(before)
    const work = send(50)
    end()
    await work
    expect(model.estimate.tokensOf(text)).toBe(before)
  })

  it('tells a refused caller when there should be room, once it knows how fast work is done', async () => {
    const { clock, send, end } = setup(6_000)
    // Of 60 texts of 100 tokens, 10 a second are answered, and as many come: 6 000 wait at 1 000 a second.
    for (let count = 0; count < 60; count++) void outcomeOf(send(100))
    for (let count = 0; count < 20; count++) {
      await clock.advance(100)
      end()
      await clock.advance(0)
      void outcomeOf(send(100))
    }
    const { code, retryAfterMs } = (await outcomeOf(send(250))) as GatewayError
    expect(code).toBe('EG_OVERLOADED')
    expect(retryAfterMs).toBeGreaterThan(230)
    expect(retryAfterMs).toBeLessThan(290)
  })

  it('never lets more in than the cap, whatever comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fc.integer({ min: 3, max: 80 })), { maxLength: 60 }), async (steps) => {
        const { send, end, shed } = setup(200)
        const inside: number[] = []
        for (const tokens of steps) {
          if (tokens === null) {
            end()
            inside.shift()
            await new Promise((resolve) => setImmediate(resolve))
            continue
          }
          const refusals = shed.length
          void outcomeOf(send(tokens))
          const isRefused = shed.length > refusals
          const sum = inside.reduce((total, one) => total + one, tokens)
          expect(isRefused).toBe(sum > 200)
          if (!isRefused) inside.push(tokens)
        }
      }),
      { numRuns: 50 },
    )
  })
})
