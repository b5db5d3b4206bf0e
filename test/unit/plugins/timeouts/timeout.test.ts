import { describe, expect, it } from 'vitest'
import { callBackend } from '../../../../gateway/chain/call-backend.ts'
import type { Backend } from '../../../../gateway/core/backend.ts'
import { computed } from '../../../../gateway/core/embeddings.ts'
import { BackendError, CallerGone, GatewayError } from '../../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../../gateway/core/layer.ts'
import { baseTime } from '../../../../gateway/core/base-time.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { silence } from '../../../../gateway/core/silence.ts'
import { timeout } from '../../../../plugins/timeouts/timeout.ts'
import { fakeModel } from '../../chain/fakes.ts'
import { deferred } from '../../http/gateway.ts'

const batch = batchOf(['a'])
const answer = computed([[1]], 1, [3])

const setup = (embed: EmbedFn, budgetMs = 10_000) => {
  const clock = fakeClock()
  const call = callOf(clock, { timeoutMs: budgetMs })
  const backend = { name: 'cpu', embed } as Backend
  const heard = { silence: silence(clock), base: baseTime(clock, 30_000) }
  const over = (next: EmbedFn): EmbedFn => timeout(clock, 5000, heard)(callBackend({ ...backend, embed: next }), where)
  return { clock, call, over, attempt: over(embed) }
}

const where = { model: fakeModel() }

/** Settles only when the test says so, whatever its signal says. */
const deaf = () => {
  const finished = deferred<typeof answer>()
  return { embed: async () => finished.promise, finish: () => finished.resolve(answer) }
}

describe('timeout', () => {
  it('ends the attempt with a timeout fault, and not the request', async () => {
    const { clock, call, attempt } = setup(deaf().embed)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    await clock.advance(5000)
    expect(await ended).toBeInstanceOf(BackendError)
    expect(await ended).toMatchObject({ fault: 'timeout', outcome: 'failure' })
    expect(call.signal.aborted).toBe(false)
  })

  it('drops an answer that comes after the time-out', async () => {
    const { embed, finish } = deaf()
    const { clock, call, attempt } = setup(embed)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    await clock.advance(5000)
    finish()
    expect(await ended).toMatchObject({ fault: 'timeout' })
  })

  it('ends with EG_DEADLINE when the request runs out of time first: nobody is to blame', async () => {
    const { clock, call, attempt } = setup(deaf().embed, 4_499)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    await clock.advance(4_499)
    expect(await ended).toBeInstanceOf(GatewayError)
    expect(await ended).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('is a failure when the attempt had nearly all of its limit, whoever else was answered', async () => {
    const { clock, call, attempt, over } = setup(deaf().embed, 4_500)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    await clock.advance(4_400)
    await over(async () => answer)(batch, call)
    await clock.advance(100)
    expect(await ended).toMatchObject({ fault: 'timeout', cause: { code: 'EG_DEADLINE' } })
  })

  it('ends when the caller leaves', async () => {
    const { call, attempt } = setup(deaf().embed)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    call.abort(new CallerGone())
    expect(await ended).toBeInstanceOf(CallerGone)
  })

  it('keeps no timer once the attempt has settled', async () => {
    for (const embed of [async () => answer, async () => Promise.reject(new BackendError('crash', 'died'))]) {
      const { clock, call, attempt } = setup(embed)
      await attempt(batch, call).catch(() => {})
      call.release()
      expect(clock.pending).toBe(0)
    }
  })

  it('passes the answer and the error of the attempt on as they are', async () => {
    const fault = new BackendError('status', '500')
    const good = setup(async () => answer)
    const bad = setup(async () => Promise.reject(fault))
    expect(await good.attempt(batch, good.call)).toBe(answer)
    await expect(bad.attempt(batch, bad.call)).rejects.toMatchObject({ cause: fault, fault: 'status' })
  })
})

describe('an engine that gives no sign of life', () => {
  /** An engine that has answered in 100 ms, and then is asked again and again by requests that bring `budgetMs`. */
  const asked = (budgetMs: number) => {
    const { clock, over } = setup(deaf().embed)
    const within = async (ms: number, embed: EmbedFn): Promise<unknown> => {
      const call = callOf(clock, { timeoutMs: ms })
      const ended = over(embed)(batch, call).catch((error: unknown) => error)
      await clock.advance(ms)
      call.release()
      return ended
    }
    const answers: EmbedFn = async () => {
      await new Promise<void>((resolve) => clock.after(100, resolve))
      return answer
    }
    return { clock, answers, within, hangs: () => within(budgetMs, deaf().embed) }
  }
  const late = { code: 'EG_DEADLINE' }
  const failure = { fault: 'timeout' }

  it('has failed once it was asked for half of the limit of an attempt, over many attempts', async () => {
    const { clock, answers, within, hangs } = asked(500)
    await within(200, answers)
    for (let request = 0; request < 4; request++) {
      expect(await hangs()).toMatchObject(late)
      // While nobody asks, it need not answer.
      await clock.advance(60_000)
    }
    expect(await hangs()).toMatchObject(failure)
    expect(await hangs()).toMatchObject(failure)
    await within(200, answers)
    expect(await hangs()).toMatchObject(late)
  })

  it('has not failed requests that bring less than twice what an answer takes', async () => {
    const { answers, within } = asked(0)
    await within(200, answers)
    for (let request = 0; request < 50; request++) expect(await within(199, deaf().embed)).toMatchObject(late)
    expect(await within(200, deaf().embed)).toMatchObject(failure)
  })

  it('has not failed as long as nobody knows how long an answer takes', async () => {
    const { hangs } = asked(500)
    for (let request = 0; request < 50; request++) expect(await hangs()).toMatchObject(late)
  })

  it.each([
    ['that it is full', new BackendError('busy', '429')],
    ['that a request is wrong', new GatewayError('EG_INPUT_TOO_LONG', '413')],
  ])('has given one when it says %s', async (_what, sign) => {
    const { answers, within, hangs } = asked(2_000)
    await within(200, answers)
    for (let request = 0; request < 5; request++) {
      expect(await hangs()).toMatchObject(late)
      await within(1, () => Promise.reject(sign))
    }
  })

  it.each([
    ['a failure', new BackendError('connection', 'refused')],
    ['a call that was not sent', new BackendError('no_place', 'full here')],
  ])('has given none with %s', async (_what, error) => {
    const { answers, within, hangs } = asked(2_000)
    await within(200, answers)
    expect(await hangs()).toMatchObject(late)
    await within(1, () => Promise.reject(error))
    expect(await hangs()).toMatchObject(failure)
  })
})
