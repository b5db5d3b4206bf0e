import type { Cancel, Clock } from '../../gateway/core/clock.ts'
import { fakeClock, type FakeClock } from '../../gateway/testing/fake-clock.ts'

/** The clock of a history. */
export interface SimulatedClock extends FakeClock {
  /** The same time for what is simulated around the gateway: its timers are counted apart. */
  readonly outside: Clock
  /** Timers that the gateway has armed. */
  readonly armed: number
}

/**
 * A clock on which a timer costs about a microsecond: nothing in the simulated path waits for the event loop, so that
 * promise reactions are all there is to settle.
 */
export const simulatedClock = (): SimulatedClock => {
  const clock = fakeClock(0, reactions)
  let ofOutside = 0
  const after = (delayMs: number, run: () => void): Cancel => {
    let isArmed = true
    const end = (): void => {
      if (isArmed) ofOutside--
      isArmed = false
    }
    ofOutside++
    const cancel = clock.after(delayMs, () => {
      end()
      run()
    })
    return () => {
      end()
      cancel()
    }
  }
  return {
    now: () => clock.now(),
    wallNow: () => clock.wallNow(),
    after: (delayMs, run) => clock.after(delayMs, run),
    advance: (ms) => clock.advance(ms),
    get pending() {
      return clock.pending
    },
    outside: { now: () => clock.now(), wallNow: () => clock.wallNow(), after },
    get armed() {
      return clock.pending - ofOutside
    },
  }
}

/** Node empties the queue of promise reactions before it comes to a tick that was asked for meanwhile. */
const reactions = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))
