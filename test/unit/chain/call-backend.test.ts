import { describe, expect, it } from 'vitest'
import { callBackend } from '../../../gateway/chain/call-backend.ts'
import { BackendError, CallerGone, GatewayError } from '../../../gateway/core/errors.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { batchOf, callFor, fakeBackend, never, outcome } from './fakes.ts'

const failingWith = (error: unknown) =>
  outcome(
    callBackend(
      fakeBackend({
        embed: () => {
          throw error
        },
      }),
    )(batchOf(['a']), callFor(fakeClock())),
  )

describe('callBackend', () => {
  it("passes a caller's errors as they are", async () => {
    for (const error of [new GatewayError('EG_INPUT_TOO_LONG', ''), new CallerGone()]) {
      expect(await failingWith(error)).toBe(error)
    }
  })

  it('gives each call an error of its own, for one lost connection fails many calls, and trails are kept by error', async () => {
    const lost = new BackendError('connection', 'reset', { retryAfterMs: 700 })
    const [one, other] = [await failingWith(lost), await failingWith(lost)]
    expect(one).not.toBe(other)
    for (const error of [one, other])
      expect(error).toMatchObject({ fault: 'connection', message: 'reset', retryAfterMs: 700, cause: lost })
  })

  it('makes a failure of the backend of anything else it throws, and keeps the cause', async () => {
    const cause = new TypeError('x is not a function')
    expect(await failingWith(cause)).toMatchObject({ fault: 'error', message: 'fake: x is not a function', cause })
    expect(await failingWith('just text')).toMatchObject({ fault: 'error', message: 'fake: just text' })
  })

  it('settles when the call ends, even if the backend does not', async () => {
    const call = callFor(fakeClock())
    const asked = outcome(callBackend(fakeBackend({ embed: never }))(batchOf(['a']), call))
    call.abort(new CallerGone())
    expect(await asked).toBeInstanceOf(CallerGone)
  })

  it('does not call for a caller who has left', async () => {
    const call = callFor(fakeClock())
    call.abort(new CallerGone())
    let called = false
    const embed = (): Promise<never> => {
      called = true
      return never()
    }
    await outcome(callBackend(fakeBackend({ embed }))(batchOf(['a']), call))
    expect(called).toBe(false)
  })
})
