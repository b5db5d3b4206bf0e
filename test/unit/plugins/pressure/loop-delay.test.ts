import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../../gateway/core/clock.ts'
import { loopDelay } from '../../../../plugins/pressure/loop-delay.ts'

/** A clock whose only timer fires as late as the test says. */
const lateClock = () => {
  let nowMs = 0
  let due: { readonly atMs: number; readonly run: () => void } | undefined
  const clock: Clock = {
    now: () => nowMs,
    wallNow: () => nowMs,
    after: (delayMs, run) => {
      due = { atMs: nowMs + delayMs, run }
      return () => (due = undefined)
    },
  }
  const fire = (lateMs: number, times = 1): void => {
    for (let time = 0; time < times; time++) {
      nowMs = (due?.atMs ?? nowMs) + lateMs
      due?.run()
    }
  }
  return { clock, fire, isArmed: () => due !== undefined }
}

describe('the delay of the event loop', () => {
  it('is 0 before anything was measured', () => {
    expect(loopDelay(lateClock().clock).percentile(0.99)).toBe(0)
  })

  it('is how late timers are: two stalls are not the 99th percentile of five seconds, three are', () => {
    const { clock, fire } = lateClock()
    const delay = loopDelay(clock)
    fire(1, 250)
    fire(300, 2)
    expect([delay.percentile(0.5), delay.percentile(0.99)]).toEqual([1, 1])
    fire(300)
    expect(delay.percentile(0.99)).toBe(300)
  })

  it('forgets what was longer ago', () => {
    const { clock, fire } = lateClock()
    const delay = loopDelay(clock)
    fire(300, 250)
    fire(1, 250)
    expect(delay.percentile(1)).toBe(1)
  })

  it('keeps no timer once it is stopped', () => {
    const { clock, isArmed } = lateClock()
    loopDelay(clock).stop()
    expect(isArmed()).toBe(false)
  })
})
