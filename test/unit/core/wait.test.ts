import { describe, expect, it } from 'vitest'
import { CallerGone } from '../../../gateway/core/errors.ts'
import { callOf } from '../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { wait } from '../../../gateway/core/wait.ts'

describe('wait', () => {
  it('waits as long as it is told, and leaves no timer', async () => {
    const clock = fakeClock()
    const call = callOf(clock)
    let isOver = false
    const waiting = wait(clock, 300, call).then(() => (isOver = true))
    await clock.advance(299)
    expect(isOver).toBe(false)
    await clock.advance(1)
    await waiting
    call.release()
    expect(clock.pending).toBe(0)
  })

  it('ends at once with what ends the call, and leaves no timer', async () => {
    const clock = fakeClock()
    const call = callOf(clock)
    const gone = new CallerGone()
    const waiting = wait(clock, 300, call)
    call.abort(gone)
    await expect(waiting).rejects.toBe(gone)
    expect(clock.pending).toBe(0)
  })

  it('does not begin in a call that has ended', async () => {
    const clock = fakeClock()
    const call = callOf(clock)
    const gone = new CallerGone()
    call.abort(gone)
    await expect(wait(clock, 300, call)).rejects.toBe(gone)
    expect(clock.pending).toBe(0)
  })

  it('leaves no listener on the call', async () => {
    const clock = fakeClock()
    let listeners = 0
    const onEnd = () => {
      listeners++
      return () => listeners--
    }
    const waiting = wait(clock, 300, { onEnd })
    expect(listeners).toBe(1)
    await clock.advance(300)
    await waiting
    expect(listeners).toBe(0)
  })
})
