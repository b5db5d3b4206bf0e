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
  const layer = admission(clock, { queueTokens, onShed: (reason, priority) => shed.push(`${reason} ${priority}`) })
  const run = layer(embed ?? held, { model })
  const open = (priority: Priority = 'interactive', budgetMs = 10_000) =>
    callOf(clock, { priority, timeoutMs: budgetMs })
  const send = (tokens: number, priority?: Priority, budgetMs?: number) =>
    run(batchOf(tokens), open(priority, budgetMs))
  const end = (): void => ends.shift()?.()
  /** Shows how fast it goes: of 60 texts of 100 tokens, 10 a second are answered, and 40 still wait. */
  const backlog = async (): Promise<void> => {
    for (let count = 0; count < 60; count++) void outcomeOf(send(100))
    for (let count = 0; count < 20; count++) {
      await clock.advance(100)
      end()
    }
    await clock.advance(0)
  }
  return { clock, shed, model, open, run, send, end, backlog }
}

describe('admission', () => {
  it('refuses at once what would not fit, and admits it when there is room again', async () => {
    const { shed, send, end } = setup(100)
    const first = send(60)
    expect(await outcomeOf(send(50))).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 1000 })
    expect(shed).toEqual(['queue_full interactive'])
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

  it('refuses what would wait longer than half of its time, once a backlog has shown how fast it goes', async () => {
    const { shed, send, backlog } = setup(1_000_000)
    await backlog()
    // 4 000 tokens wait, at 1 000 a second: in time for half of 10 s, but not for half of 4 s.
    const { retryAfterMs, code } = (await outcomeOf(send(100, 'interactive', 4000))) as GatewayError
    expect(code).toBe('EG_OVERLOADED')
    expect(retryAfterMs).toBeGreaterThan(1500)
    expect(retryAfterMs).toBeLessThan(2500)
    expect(shed).toEqual(['predicted_wait interactive'])
    void send(100, 'interactive', 10_000)
    void send(100, 'bulk', 4000)
    expect(shed).toHaveLength(1)
  })

  it('gives room back in the class it was taken in, even if the class was raised meanwhile', async () => {
    const { shed, open, run, send, end, backlog } = setup(1_000_000)
    for (let times = 0; times < 20; times++) {
      const call = open('bulk')
      const work = run(batchOf(250), call)
      call.raise('interactive')
      end()
      await work
    }
    await backlog()
    await outcomeOf(send(100, 'interactive', 4000))
    expect(shed).toEqual(['predicted_wait interactive'])
  })

  it('does not take one caller at a time for a slow machine', async () => {
    const { clock, shed, send, end } = setup(1_000_000)
    for (let count = 0; count < 50; count++) {
      const work = send(10)
      await clock.advance(20)
      end()
      await work
    }
    for (let count = 0; count < 500; count++) void outcomeOf(send(100))
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
