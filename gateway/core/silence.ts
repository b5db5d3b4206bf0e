import type { Clock } from './clock.ts'

/** For how long an engine has been asked and has given no sign of life. */
export interface Silence {
  /** A try began. */
  began(): void
  /** A try is over, with a sign of life or without. */
  ended(isAlive: boolean): void
  /** Milliseconds since the last sign of life in which a try was under way: while nobody asks, nobody need answer. */
  ms(): number
}

/** Nobody has asked yet. */
export const silence = (clock: Pick<Clock, 'now'>): Silence => {
  let tries = 0
  let earlierMs = 0
  let sinceMs = 0
  const ms = (): number => earlierMs + (tries > 0 ? clock.now() - sinceMs : 0)
  return {
    began: () => {
      if (tries === 0) sinceMs = clock.now()
      tries++
    },
    ended: (isAlive) => {
      earlierMs = isAlive ? 0 : ms()
      sinceMs = clock.now()
      tries--
    },
    ms,
  }
}
