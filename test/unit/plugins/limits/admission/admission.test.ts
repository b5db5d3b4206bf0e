import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Priority } from '../../../../../gateway/core/call.ts'
import { computed, type EmbedBatch, type Embeddings } from '../../../../../gateway/core/embeddings.ts'
import type { GatewayError } from '../../../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../../../gateway/core/layer.ts'
import type { Model } from '../../../../../gateway/core/model.ts'
import { batchOf as textsBatch, callOf } from '../../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { admission } from '../../../../../plugins/limits/admission/admission.ts'
import { modelOf } from '../../../http/gateway.ts'

/** A text of which `tokens` are estimated at first: 4 bytes a token, 2 tokens more. */
const textOf = (tokens: number): string => 'x'.repeat((tokens - 2) * 4)

const batchOf = (tokens: number): EmbedBatch => textsBatch([textOf(tokens)])

/** How it ends: `answered`, or the error. */
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
  const onShed = (priority: Priority, reason: string): void => void shed.push(`${priority} ${reason}`)
  const { admit, observe } = admission(clock, { queueTokens, onShed })
  const of = (at: { readonly model: Model }): EmbedFn =>
    admit(observe(embed ?? held, { ...at, tier: 'cpu', computing: true }), at)
  const run = of({ model })
  const other = of({ model: modelOf({ name: 'other' }) })
  const send = (tokens: number, priority: Priority = 'interactive', timeoutMs = 10_000, to = run) =>
    to(batchOf(tokens), callOf(clock, { priority, timeoutMs }))
  const end = (): void => ends.shift()?.()
  /** Answers `count` requests, one every `everyMs`. */
  const drain = async (count: number, everyMs: number): Promise<void> => {
    for (let done = 0; done < count; done++) {
      await clock.advance(everyMs)
      end()
      await clock.advance(0)
    }
  }
  return { clock, shed, model, send, end, drain, other }
}

/** 100 tokens a request, 1 000 tokens a second, with `left` requests there; interactive ones unless said. */
const loaded = async (left: number, priority: Priority = 'interactive') => {
  const all = setup(1_000_000)
  for (let count = 0; count < left + 20; count++) void outcomeOf(all.send(100, priority, 120_000))
  await all.drain(20, 100)
  return all
}

describe('admission', () => {
  it('refuses at once what would not fit, and admits it when there is room again', async () => {
    const { shed, send, end } = setup(100)
    const first = send(60)
    expect(await outcomeOf(send(50))).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 1000 })
    expect(shed).toEqual(['interactive queue_full'])
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

  it('counts both classes and all models together against the cap', async () => {
    const { send, other } = setup(100)
    void send(60, 'bulk')
    void send(3, 'interactive', 10_000, other)
    expect(await outcomeOf(send(50))).toMatchObject({ code: 'EG_OVERLOADED' })
    expect(await outcomeOf(send(50, 'interactive', 10_000, other))).toMatchObject({ code: 'EG_OVERLOADED' })
  })

  it('admits what can never fit when nothing of its model is there: it would be told to come again for ever', async () => {
    const { send, end } = setup(100)
    const work = send(150)
    end()
    expect(await outcomeOf(work)).toBe('answered')
  })

  it('learns from answers how many tokens texts have', async () => {
    const dense = setup(1000, async () => computed([[1]], 1, [194]))
    const text = textOf(50)
    const before = dense.model.estimate.tokensOf(text)
    await dense.send(50)
    expect(dense.model.estimate.tokensOf(text)).toBeGreaterThan(before)
  })

  it('admits everything up to the cap while nobody knows how fast work is done', async () => {
    const { send, shed } = setup(1_000_000)
    for (let count = 0; count < 1_000; count++) void outcomeOf(send(100, 'interactive', 100))
    expect(shed).toEqual([])
  })

  it('refuses what would wait for more than half of its deadline, and says when there should be room', async () => {
    const { send, shed } = await loaded(60)
    const { code, retryAfterMs } = (await outcomeOf(send(16, 'interactive', 8_000))) as GatewayError
    expect(code).toBe('EG_OVERLOADED')
    expect(shed).toEqual(['interactive predicted_wait'])
    expect(retryAfterMs).toBeGreaterThan(1_700)
    expect(retryAfterMs).toBeLessThan(2_000)
  })

  it('admits interactive work past any amount of bulk, and bulk that can wait', async () => {
    const { send, shed } = await loaded(60, 'bulk')
    void outcomeOf(send(16, 'interactive', 1_000))
    void outcomeOf(send(16, 'bulk', 120_000))
    expect(shed).toEqual([])
    expect(await outcomeOf(send(16, 'bulk', 5_000))).toMatchObject({ code: 'EG_OVERLOADED' })
    expect(shed).toEqual(['bulk predicted_wait'])
  })

  it('keeps the rates of models apart', async () => {
    const { send, other, shed } = await loaded(60)
    void outcomeOf(send(16, 'interactive', 1_000, other))
    void outcomeOf(send(16, 'interactive', 1_000, other))
    expect(shed).toEqual([])
  })

  it('refuses interactive work that would join a standing queue, and admits bulk', async () => {
    const { send, shed, drain } = await loaded(60)
    for (let count = 0; count < 20; count++) {
      await drain(1, 100)
      void outcomeOf(send(100, 'interactive', 120_000))
    }
    shed.length = 0
    expect(await outcomeOf(send(16, 'interactive', 60_000))).toMatchObject({ code: 'EG_OVERLOADED' })
    expect(shed).toEqual(['interactive standing_queue'])
    void outcomeOf(send(16, 'bulk', 120_000))
    expect(shed).toHaveLength(1)
  })

  it('is never wedged by a rate that has become wrong: a tier that is back is known within seconds', async () => {
    const { clock, send, shed, drain, end } = await loaded(10)
    await drain(10, 5_000)
    shed.length = 0
    // Whoever comes now is answered within 10 ms; ten are there at a time.
    for (let count = 0; count < 400; count++) {
      for (let caller = 0; caller < 10; caller++) void outcomeOf(send(100))
      await clock.advance(10)
      for (let caller = 0; caller < 10; caller++) end()
      await clock.advance(0)
    }
    shed.length = 0
    for (let caller = 0; caller < 100; caller++) void outcomeOf(send(100))
    expect(shed).toEqual([])
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
