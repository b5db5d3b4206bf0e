import type { Entry } from './entry.ts'
import { type Fifo, fifo } from './fifo.ts'

/**
 * The waiting texts of one tenant in one class, found by age and by length.
 *
 * Removal only marks: an entry that waits elsewhere or nowhere is skipped when its turn comes, so cancelling a hundred
 * thousand texts moves nothing.
 */
export interface Lane<E extends Entry> {
  readonly tenant: string
  /** Entries waiting. */
  readonly size: number
  push(entry: E): void
  /** Takes out an entry that waits here. */
  remove(entry: E): void
  /** The entry that has waited longest. */
  oldest(): E | undefined
  /** The oldest of the shortest entries; not one that runs alone. */
  shortest(): E | undefined
  /** The oldest entry of exactly `length` tokens; not one that runs alone. */
  ofLength(length: number): E | undefined
}

/** An empty lane. */
export const createLane = <E extends Entry>(tenant: string): Lane<E> => {
  const arrivals = fifo<E>()
  const byLength: (Fifo<E> | undefined)[] = []
  const counts: number[] = []
  let size = 0
  /** No entry is shorter. */
  let shortestAtLeast = 0

  const firstWaiting = (queue: Fifo<E> | undefined): E | undefined => {
    if (!queue) return undefined
    while (queue.peek() && queue.peek()?.lane !== lane) queue.shift()
    return queue.peek()
  }

  const lane: Lane<E> = {
    tenant,
    get size() {
      return size
    },
    push(entry) {
      const { length } = entry.ids
      entry.lane = lane
      arrivals.push(entry)
      size++
      if (entry.alone) return
      ;(byLength[length] ??= fifo()).push(entry)
      counts[length] = (counts[length] ?? 0) + 1
      shortestAtLeast = size === 1 ? length : Math.min(shortestAtLeast, length)
    },
    remove(entry) {
      const { length } = entry.ids
      entry.lane = undefined
      size--
      if (entry.alone) return
      counts[length] = (counts[length] ?? 1) - 1
      // What is left in it waits nowhere: forget it at once.
      if (counts[length] === 0) byLength[length] = undefined
    },
    oldest: () => firstWaiting(arrivals),
    shortest() {
      while (shortestAtLeast < counts.length && !counts[shortestAtLeast]) shortestAtLeast++
      return firstWaiting(byLength[shortestAtLeast])
    },
    ofLength: (length) => firstWaiting(byLength[length]),
  }
  return lane
}
