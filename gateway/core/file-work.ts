import type { Clock } from './clock.ts'
import { inTime, type late } from './in-time.ts'

const running = new Set<Promise<unknown>>()

/**
 * Notes work on files that may never end, as on a disk that has gone away: such work holds a thread that the end of the process
 * waits for. Process-wide, as those threads are.
 */
export const fileWork = <T>(work: Promise<T>): Promise<T> => {
  running.add(work)
  const over = (): void => void running.delete(work)
  work.then(over, over)
  return work
}

/** Whether some of it has not ended. */
export const isFileWorkRunning = (): boolean => running.size > 0

/** The same with a limit, see `inTime`: what is late still counts as running. */
export const fileWorkInTime = <T>(
  clock: Pick<Clock, 'after'>,
  limitMs: number,
  work: Promise<T>,
): Promise<T | typeof late> => inTime(clock, limitMs, fileWork(work))
