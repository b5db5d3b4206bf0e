import { describe, expect, it } from 'vitest'
import { callBackend } from '../../../../gateway/chain/call-backend.ts'
import type { Backend } from '../../../../gateway/core/backend.ts'
import { computed } from '../../../../gateway/core/embeddings.ts'
import { BackendError, CallerGone, GatewayError } from '../../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../../gateway/core/layer.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { timeout } from '../../../../plugins/timeouts/timeout.ts'
import { deferred } from '../../http/gateway.ts'

const batch = batchOf(['a'])
const answer = computed([[1]], 1, [3])

const setup = (embed: EmbedFn, budgetMs = 10_000) => {
  const clock = fakeClock()
  const call = callOf(clock, { timeoutMs: budgetMs })
  const backend = { name: 'cpu', embed } as Backend
  return { clock, call, attempt: timeout(clock, 5000)(callBackend(backend)) }
}

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

  it('ends with EG_DEADLINE when the request had little time: nobody is to blame', async () => {
    const { clock, call, attempt } = setup(deaf().embed, 2400)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    await clock.advance(2400)
    expect(await ended).toBeInstanceOf(GatewayError)
    expect(await ended).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('is a failure when the request runs out of time and the backend was silent for half of its own', async () => {
    const { clock, call, attempt } = setup(deaf().embed, 2500)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    await clock.advance(2500)
    expect(await ended).toMatchObject({ fault: 'timeout', cause: { code: 'EG_DEADLINE' } })
  })

  it.each([
    ['an answer', async () => answer],
    ['a refusal for lack of room', async () => Promise.reject(new BackendError('busy', '429'))],
    ["a refusal for the caller's fault", async () => Promise.reject(new GatewayError('EG_INPUT_TOO_LONG', '413'))],
  ])('is nobody to blame for when the backend gave somebody else %s meanwhile', async (_what, sign) => {
    let behaviour: EmbedFn = deaf().embed
    const { clock, call, attempt } = setup((...given) => behaviour(...given), 4000)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    await clock.advance(2000)
    behaviour = sign
    await attempt(batch, call).catch(() => {})
    await clock.advance(2000)
    expect(await ended).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('takes a failure for no sign of life', async () => {
    let behaviour: EmbedFn = deaf().embed
    const { clock, call, attempt } = setup((...given) => behaviour(...given), 4000)
    const ended = attempt(batch, call).catch((error: unknown) => error)
    await clock.advance(2000)
    behaviour = async () => Promise.reject(new BackendError('connection', 'refused'))
    await attempt(batch, call).catch(() => {})
    await clock.advance(2000)
    expect(await ended).toMatchObject({ fault: 'timeout' })
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
    await expect(bad.attempt(batch, bad.call)).rejects.toBe(fault)
  })
})
