import { describe, expect, it } from 'vitest'
import type { Priority } from '../../gateway/core/call.ts'
import { computed, type Embeddings } from '../../gateway/core/embeddings.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { EmbedFn } from '../../gateway/core/layer.ts'
import { untilEnded } from '../../gateway/core/until-aborted.ts'
import { batchOf, callOf } from '../../gateway/testing/calls.ts'
import { admission } from '../../plugins/limits/admission/admission.ts'
import { modelOf } from '../unit/http/gateway.ts'
import { simulatedTime, type SimulatedTime } from './simulated-time.ts'

const tokensEach = 16
const text = 'x'.repeat((tokensEach - 2) * 4)

/** Two workers that make batches of up to 256 tokens of what waits, first come, first served. */
const workers = (clock: SimulatedTime) => {
  const waiting: (() => void)[] = []
  const device = { tokensPerSecond: 5_000, isHung: false }
  let idle = 2
  const work = (): void => {
    if (idle === 0 || waiting.length === 0) return
    idle--
    const batch = waiting.splice(0, 256 / tokensEach)
    const ms = 2 + (batch.length * tokensEach * 1_000) / (device.tokensPerSecond / 2)
    clock.after(ms, () => {
      if (device.isHung) return
      idle++
      for (const answer of batch) answer()
      work()
    })
  }
  const embed = (): Promise<Embeddings> =>
    new Promise((resolve) => {
      waiting.push(() => resolve(computed([[1]], 1, [tokensEach])))
      work()
    })
  return { device, embed }
}

/** As the chain does it: half of the time is for the first tier. */
const stepDown =
  (first: EmbedFn, second: EmbedFn): EmbedFn =>
  async (batch, call) => {
    const attempt = call.within(call.deadline.remainingMs() / 2)
    try {
      return await untilEnded(attempt, first(batch, attempt))
    } catch {
      return second(batch, call)
    } finally {
      attempt.release()
    }
  }

interface Fate {
  readonly atMs: number
  readonly tookMs: number
  readonly isAnswered: boolean
}

const simulation = () => {
  const clock = simulatedTime()
  const { device, embed } = workers(clock)
  const { embed: embedBehind } = workers(clock)
  const model = modelOf()
  const { admit, observe } = admission(clock, { queueTokens: 1_048_576, onShed: () => {} })
  const first = observe(embed, { model, tier: 'gpu', computing: true })
  const second = observe(embedBehind, { model, tier: 'cpu', computing: true })
  const run = admit(stepDown(first, second), { model })
  const fates: Fate[] = []
  const send = async (priority: Priority = 'interactive'): Promise<void> => {
    const call = callOf(clock, { priority })
    const atMs = clock.now()
    const end = (isAnswered: boolean): void => void fates.push({ atMs, tookMs: clock.now() - atMs, isAnswered })
    try {
      await run(batchOf([text]), call)
      end(true)
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError)
      end(false)
    } finally {
      call.release()
    }
  }
  /** So many requests a second, evenly, for `ms`; what became of them, to be asked when it has. */
  const offer = async (perSecond: number, ms: number): Promise<() => readonly Fate[]> => {
    const fromMs = clock.now()
    for (let count = 0; count < (perSecond * ms) / 1_000; count++) {
      await clock.pass(fromMs + (count * 1_000) / perSecond - clock.now())
      void send()
    }
    await clock.pass(fromMs + ms - clock.now())
    return () => fates.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + ms)
  }
  return { clock, device, send, offer, fates }
}

const answered = (fates: readonly Fate[]): readonly Fate[] => fates.filter(({ isAnswered }) => isAnswered)
const p99 = (fates: readonly Fate[]): number =>
  answered(fates)
    .map(({ tookMs }) => tookMs)
    .sort((a, b) => a - b)
    .at(Math.ceil(0.99 * answered(fates).length) - 1) ?? 0

/** Requests a second that the workers can answer. */
const capacity = 5_000 / tokensEach

/** Longer than anybody waits. */
const lastAnswersMs = 5_000

describe('admission in front of two workers', () => {
  it('refuses nothing at 80 % of what they can do, nor of 32 callers who ask again and again', async () => {
    const { clock, send, offer, fates } = simulation()
    await offer(capacity * 0.8, 10_000)
    const untilMs = clock.now() + 20_000
    const caller = async (): Promise<void> => {
      while (clock.now() < untilMs) await send()
    }
    for (let count = 0; count < 32; count++) void caller()
    await clock.pass(20_000 + lastAnswersMs)
    expect(fates.every(({ isAnswered }) => isAnswered)).toBe(true)
  })

  it('answers a thousand requests that come at once', async () => {
    const { clock, send, offer, fates } = simulation()
    await offer(capacity * 0.5, 5_000)
    for (let count = 0; count < 1_000; count++) void send()
    await clock.pass(lastAnswersMs)
    expect(fates.length).toBeGreaterThan(1_000)
    expect(fates.every(({ isAnswered }) => isAnswered)).toBe(true)
  })

  it.each([1.5, 5])('lets nobody wait long at %f times what they can do, and wastes nothing of it', async (times) => {
    const { clock, offer } = simulation()
    const usual = await offer(capacity * 0.8, 10_000)
    await offer(capacity * times, 10_000)
    const beyond = await offer(capacity * times, 10_000)
    await clock.pass(lastAnswersMs)
    expect(answered(beyond()).length).toBeGreaterThan(0.95 * capacity * 10)
    expect(p99(beyond())).toBeLessThan(Math.max(2 * p99(usual()), 200))
  })

  it('is as it was before within ten seconds after an overload', async () => {
    const { offer, clock } = simulation()
    await offer(capacity * 5, 10_000)
    await offer(capacity * 0.5, 5_000)
    const after = await offer(capacity * 0.5, 5_000)
    await clock.pass(lastAnswersMs)
    expect(after().every(({ isAnswered }) => isAnswered)).toBe(true)
    expect(p99(after())).toBeLessThan(100)
  })

  it('knows in seconds that the device has become ten times slower, and that it is back', async () => {
    const { clock, offer, device } = simulation()
    await offer(capacity * 1.2, 5_000)
    device.tokensPerSecond = 500
    await offer(capacity, 15_000)
    const slow = await offer(capacity, 5_000)
    device.tokensPerSecond = 5_000
    await offer(capacity * 0.8, 5_000)
    const back = await offer(capacity * 0.8, 5_000)
    await clock.pass(lastAnswersMs)
    expect(answered(slow()).length).toBeGreaterThan(0.8 * 5 * (500 / tokensEach))
    expect(p99(slow())).toBeLessThan(2_500)
    expect(back().every(({ isAnswered }) => isAnswered)).toBe(true)
  })

  it('refuses nothing while the first tier hangs and the second one can do the work', async () => {
    const { clock, offer, device } = simulation()
    await offer(capacity * 1.2, 5_000)
    await offer(capacity * 0.5, 5_000)
    device.isHung = true
    const hung = await offer(capacity * 0.8, 15_000)
    await clock.pass(2 * lastAnswersMs)
    expect(hung().every(({ isAnswered }) => isAnswered)).toBe(true)
  })
})
