import { describe, expect, it } from 'vitest'
import { deadline } from '../../../gateway/chain/deadline.ts'
import { deadlineAt } from '../../../gateway/core/deadline.ts'
import { CallerGone } from '../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, batchOf, callFor, fakeModel, never, outcome } from './fakes.ts'

const around = (next: EmbedFn): EmbedFn => deadline(next, { model: fakeModel() })

describe('deadline', () => {
  it('passes an answer in time, and keeps no listener', async () => {
    const answer = answerFor(['a'])
    const call = callFor(fakeClock())
    let listeners = 0
    const listen = call.onEnd.bind(call)
    call.onEnd = (listener) => {
      const cancel = listen(listener)
      listeners++
      return () => {
        listeners--
        cancel()
      }
    }
    const next: EmbedFn = async () => {
      expect(listeners).toBe(0)
      return answer
    }
    const waiting = around(next)(batchOf(['a']), call)
    expect(listeners).toBe(1)
    expect(await waiting).toBe(answer)
    expect(listeners).toBe(0)
  })

  it('refuses a call whose deadline has passed, without calling on', async () => {
    const clock = fakeClock()
    const call = callFor(clock, 100)
    await clock.advance(100)
    let called = false
    const next: EmbedFn = async ({ texts }) => {
      called = true
      return answerFor(texts)
    }
    expect(await outcome(around(next)(batchOf(['a']), call))).toMatchObject({ code: 'EG_DEADLINE' })
    expect(called).toBe(false)
  })

  it('refuses it also when the timer has not come to fire yet', async () => {
    const clock = fakeClock()
    const call = callFor(clock, 100)
    const late = Object.create(call, { deadline: { value: deadlineAt(clock, -1) } }) as typeof call
    Object.defineProperty(late, 'endedBy', { value: call.endedBy })
    expect(await outcome(around(never)(batchOf(['a']), late))).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('settles at the deadline when everything inside ignores the signal', async () => {
    const clock = fakeClock()
    const waiting = outcome(around(never)(batchOf(['a']), callFor(clock, 100)))
    await clock.advance(100)
    expect(await waiting).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('does not call on for a caller who has left', async () => {
    const call = callFor(fakeClock())
    call.abort(new CallerGone())
    let called = false
    const next: EmbedFn = async ({ texts }) => {
      called = true
      return answerFor(texts)
    }
    expect(await outcome(around(next)(batchOf(['a']), call))).toBeInstanceOf(CallerGone)
    expect(called).toBe(false)
  })

  it('settles as soon as the caller leaves', async () => {
    const call = callFor(fakeClock())
    const waiting = outcome(around(never)(batchOf(['a']), call))
    call.abort(new CallerGone())
    expect(await waiting).toBeInstanceOf(CallerGone)
  })
})
