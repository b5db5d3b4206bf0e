import type { Clock } from './clock.ts'

/** How long work takes that waits for nothing: the shortest times seen lately, by size. */
export interface BaseTime {
  /** Work of `tokens` took `durationMs`, waiting included. */
  saw(tokens: number, durationMs: number): void
  /** The shortest time of work of about this size; undefined when none was seen. */
  of(tokens: number): number | undefined
  /** The shortest time of all; 0 when none was seen. */
  least(): number
  /** Whatever was seen is no longer true. */
  forget(): void
}

/**
 * Keeps minima of the present period and the one before, so that a device that has changed is known anew after two. Sizes
 * are classed by powers of two: batches differ in size, and a large one is not slow because it takes longer than a small one.
 *
 * @param periodMs short enough to forget a device that was lost, long enough to have seen work that waited for nothing
 * @param onPeriod called when a period has ended
 */
export const baseTime = (clock: Clock, periodMs: number, onPeriod: () => void = () => {}): BaseTime => {
  let before = new Map<number, number>()
  let present = new Map<number, number>()
  let sinceMs = clock.now()
  return {
    saw: (tokens, durationMs) => {
      if (clock.now() - sinceMs >= periodMs) {
        before = present
        present = new Map()
        sinceMs = clock.now()
        onPeriod()
      }
      const size = sizeOf(tokens)
      present.set(size, Math.min(durationMs, present.get(size) ?? Infinity))
    },
    of: (tokens) => {
      const size = sizeOf(tokens)
      const least = Math.min(before.get(size) ?? Infinity, present.get(size) ?? Infinity)
      return Number.isFinite(least) ? least : undefined
    },
    least: () => {
      const least = Math.min(...before.values(), ...present.values())
      return Number.isFinite(least) ? least : 0
    },
    forget: () => {
      before = new Map()
      present = new Map()
    },
  }
}

const sizeOf = (tokens: number): number => Math.floor(Math.log2(Math.max(1, tokens)))
