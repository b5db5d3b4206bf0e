import { describe, expect, it } from 'vitest'
import type { Embeddings } from '../../../../gateway/core/embeddings.ts'
import { BackendError, CallerGone, GatewayError } from '../../../../gateway/core/errors.ts'
import { attemptsOf, trailOf, withTrail } from '../../../../gateway/core/trail.ts'
import { batchOf } from '../../../../gateway/testing/calls.ts'
import { retry } from '../../../../plugins/retries/retry.ts'
import { answer, retrying } from './retrying.ts'

const crash = (): BackendError => new BackendError('crash', 'it died')
const busy = (retryAfterMs?: number): BackendError =>
  new BackendError('busy', 'it is full', retryAfterMs === undefined ? {} : { retryAfterMs })

/** Another replica for the first `times` that it is asked for. */
const others = (times: number) => {
  let left = times
  return { otherReplica: () => left-- > 0 }
}

describe('retry', () => {
  it('passes an answer on as it came', async () => {
    const embeddings = answer()
    const { call } = retrying()
    const layer = retry(async () => embeddings, {} as Parameters<typeof retry>[1])
    expect(await layer(batchOf(['a']), call)).toBe(embeddings)
  })

  it('[R2] tries again at most 3 times, after up to 100, 200 and 400 ms', async () => {
    const { run, triedAtMs, reasons } = retrying({ ends: [crash(), crash(), crash(), crash(), crash()] })
    expect(await run()).toBeInstanceOf(BackendError)
    expect(triedAtMs).toEqual([0, 100, 300, 700])
    expect(reasons).toEqual(['crash', 'crash', 'crash'])
  })

  it('[R2] draws each wait from all of its range', async () => {
    const draws = [0.5, 0.25, 0]
    const { run, triedAtMs } = retrying({ ends: [crash(), crash(), crash()], random: () => draws.shift() ?? 1 })
    await run()
    expect(triedAtMs).toEqual([0, 50, 100, 100])
  })

  it('answers with every try in the trail', async () => {
    const answered = (await retrying({ ends: [crash(), new BackendError('timeout', 'late')] }).run()) as Embeddings
    expect(answered.trail.map(({ outcome, reason }) => reason ?? outcome)).toEqual(['crash', 'timeout', 'success'])
    expect(attemptsOf(answered.trail)).toBe(3)
  })

  it('throws the last error with every try in its trail', async () => {
    const last = new BackendError('protocol', 'no rows')
    const error = await retrying({ ends: [crash(), crash(), crash(), last] }).run()
    expect(error).toBe(last)
    expect(trailOf(error).map(({ reason }) => reason)).toEqual(['crash', 'crash', 'crash', 'protocol'])
  })

  it('goes to another replica of the tier at once, which counts as a retry', async () => {
    const { run, triedAtMs, budgetLeft } = retrying({
      ends: [crash(), crash(), crash(), crash(), crash()],
      alternatives: { ...others(2), lowerTier: () => false },
    })
    await run()
    expect(triedAtMs).toEqual([0, 0, 0, 100])
    expect(budgetLeft()).toBe(27)
  })

  it('goes to another replica before it leaves the tier to a lower one', async () => {
    const { run, triedAtMs } = retrying({
      ends: [crash(), crash(), crash()],
      alternatives: { ...others(1), lowerTier: () => true },
    })
    expect(await run()).toBeInstanceOf(BackendError)
    expect(triedAtMs).toEqual([0, 0])
  })

  it('leaves a failed try to a lower tier at once, without the budget', async () => {
    const { run, triedAtMs, clock, budgetLeft, exhausted } = retrying({
      ends: [crash()],
      alternatives: { lowerTier: () => true },
      budget: 0,
    })
    expect(await run()).toBeInstanceOf(BackendError)
    expect([triedAtMs, budgetLeft(), exhausted(), clock.pending]).toEqual([[0], 0, 0, 0])
  })

  it('gives up at once when the budget is spent, and says so', async () => {
    const { run, triedAtMs, exhausted } = retrying({ ends: [crash(), crash(), crash()], budget: 1 })
    expect(await run()).toBeInstanceOf(BackendError)
    expect([triedAtMs, exhausted()]).toEqual([[0, 100], 1])
  })

  it('takes nothing from the budget for a retry that it would not make', async () => {
    const cases = [
      retrying({ ends: [crash()], settings: { retries: 0 } }),
      retrying({ ends: [new GatewayError('EG_INPUT_TOO_LONG', 'too long')] }),
      retrying({ ends: [crash()], timeoutMs: 100 }),
      retrying({ ends: [busy()] }),
    ]
    for (const { run, budgetLeft, exhausted, triedAtMs } of cases) {
      expect(await run()).toBeInstanceOf(Error)
      expect([triedAtMs, budgetLeft(), exhausted()]).toEqual([[0], 30, 0])
    }
  })

  it('waits as long as the engine said where that is longer than the back-off', async () => {
    const { run, triedAtMs } = retrying({
      ends: [new BackendError('status', '503', { retryAfterMs: 2_000 }), busy(50), busy(1_000)],
    })
    await run()
    expect(triedAtMs).toEqual([0, 2_000, 2_200, 3_200])
  })

  it('never asks a full engine again that did not say when, but another one', async () => {
    const alone = retrying({ ends: [busy()] })
    await alone.run()
    expect(alone.triedAtMs).toEqual([0])
    const two = retrying({ ends: [busy()], alternatives: others(1) })
    expect(await two.run()).toMatchObject({ dims: 1 })
    expect(two.triedAtMs).toEqual([0, 0])
  })

  it.each(['open', 'no_place'] as const)('tries nothing again when all replicas say %s', async (fault) => {
    const turnedAway = new BackendError(fault, 'nothing was sent', { retryAfterMs: 50 })
    for (const alternatives of [others(1), others(0)]) {
      const { run, triedAtMs } = retrying({ ends: [turnedAway], alternatives })
      expect(await run()).toBe(turnedAway)
      expect(triedAtMs).toEqual([0])
    }
  })

  it('gives up at once when the wait would not end before the deadline', async () => {
    const told = retrying({ ends: [busy(3_000)], timeoutMs: 3_000 })
    await told.run()
    expect(told.triedAtMs).toEqual([0])
    const backingOff = retrying({ ends: [crash(), crash(), crash(), crash()], timeoutMs: 250 })
    await backingOff.run()
    expect(backingOff.triedAtMs).toEqual([0, 100])
  })

  it('makes no try once the call has ended, whatever ended the last one', async () => {
    const { ask, call, clock, triedAtMs } = retrying({ ends: [crash()], tryMs: 50, alternatives: others(9) })
    const asked = ask()
    await clock.advance(20)
    call.abort(new CallerGone())
    await clock.advance(1_000)
    expect(await asked).toBeInstanceOf(BackendError)
    expect(triedAtMs).toEqual([0])
  })

  it.each([
    ['the caller leaves', new CallerGone()],
    ['its share of the deadline is spent', new BackendError('timeout', 'no answer within its share')],
  ])('ends a wait at once when %s, and leaves nothing armed', async (_what, reason) => {
    const { ask, call, clock, triedAtMs } = retrying({ ends: [crash()] })
    const asked = ask()
    await clock.advance(40)
    call.abort(reason)
    const error = await asked
    expect(error).toBe(reason)
    expect(trailOf(error)).toMatchObject([{ reason: 'crash' }])
    expect([triedAtMs, clock.pending, clock.now()]).toEqual([[0], 0, 40])
  })

  it('makes no try when the wait ended too late, because the loop was busy', async () => {
    const died = crash()
    const { clock, call, ask, triedAtMs, reasons } = retrying({ ends: [died] })
    // As if the loop had stood still: the timer of the wait runs after the deadline, and before the deadline's own.
    Object.assign(call, { deadline: { atMs: 0, remainingMs: () => (clock.now() < 100 ? 10_000 : 0) } })
    const asked = ask()
    await clock.advance(100)
    expect(await asked).toBe(died)
    expect([triedAtMs, reasons]).toEqual([[0], []])
    call.release()
  })

  it('gives up at once when the failure has left no replica to call', async () => {
    const { run, triedAtMs, budgetLeft } = retrying({ ends: [crash()], alternatives: { sameTier: () => false } })
    expect(await run()).toBeInstanceOf(BackendError)
    expect([triedAtMs, budgetLeft()]).toEqual([[0], 30])
  })

  it('says what the last replica said when none is left to call after a wait', async () => {
    const { call } = retrying()
    const died = crash()
    let calls = 0
    const layer = retry(
      () =>
        Promise.reject(
          calls++ === 0 ? withTrail(died, answer().trail) : new BackendError('unavailable', 'no replica can be called'),
        ),
      {
        ...({} as Parameters<typeof retry>[1]),
        settings: () => ({ retries: 3, baseMs: 1, capMs: 1 }),
        random: () => 0,
        budget: { take: () => true },
        alternatives: { lowerTier: () => false, sameTier: () => true, otherReplica: () => false },
        onRetry: () => {},
      },
    )
    const error = await layer(batchOf(['a']), call).catch((thrown: unknown) => thrown)
    expect(error).toBe(died)
    expect([calls, trailOf(error).length]).toEqual([2, 1])
    call.release()
  })

  it('[R6] obeys settings that change between two failures', async () => {
    const settings = { retries: 3, baseMs: 100, capMs: 5_000 }
    const { run, triedAtMs } = retrying({
      ends: [crash(), crash(), crash()],
      settings: {
        get retries() {
          return settings.retries
        },
      },
      random: () => {
        settings.retries = 1
        return 1
      },
    })
    await run()
    expect(triedAtMs).toEqual([0, 100])
  })
})
