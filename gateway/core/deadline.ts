import type { Clock } from './clock.ts'

/** The moment by which an answer is worth having, on the monotonic clock. */
export interface Deadline {
  /** Monotonic milliseconds, comparable with `Clock.now()`. */
  readonly atMs: number
  /** Milliseconds left, 0 once it has passed. */
  remainingMs(): number
}

/** A deadline `budgetMs` from now. */
export const deadlineIn = (clock: Clock, budgetMs: number): Deadline => deadlineAt(clock, clock.now() + budgetMs)

/** A deadline at a point of the monotonic clock. */
export const deadlineAt = (clock: Clock, atMs: number): Deadline => ({
  atMs,
  remainingMs: () => Math.max(0, atMs - clock.now()),
})
