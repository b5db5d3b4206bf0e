import type { Priority } from '../../../gateway/core/call.ts'
import { type ClassQueue, createClassQueue } from './queue/class-queue.ts'
import { classTurns, otherClass } from '../../../gateway/core/class-turns.ts'
import type { Entry } from './queue/entry.ts'

/**
 * The one place where work waits: an entry per text. Order: class, then tenant in turn, then length with an age cap. All
 * operations take constant time, or time in the number of lengths or tenants, never in the number of entries.
 */
export interface Queue<E extends Entry> {
  /** Entries waiting. */
  readonly texts: number
  /** Tokens waiting. */
  readonly tokens: number
  /** When the last interactive entry came; -Infinity before the first. */
  readonly lastInteractiveAtMs: number
  readonly add: (entry: E) => void
  /** Takes an entry out; nothing happens when it does not wait. */
  readonly remove: (entry: E) => void
  /** Moves a waiting entry to a higher class; its age stays. */
  raise(entry: E, priority: Priority): void
  /** The class that the next batch is for. */
  turn(): ClassQueue<E>
  /** Counts a batch for the balance between classes. */
  ran(priority: Priority, paddedTokens: number): void
}

/**
 * An empty queue.
 *
 * @param budgetTokens what a full batch computes
 */
export const createQueue = <E extends Entry>(budgetTokens: number): Queue<E> => {
  const classes: Readonly<Record<Priority, ClassQueue<E>>> = {
    interactive: createClassQueue<E>(),
    bulk: createClassQueue<E>(),
  }
  const turns = classTurns(budgetTokens)
  let tokens = 0
  let lastInteractiveAtMs = -Infinity
  const queue: Queue<E> = {
    get texts() {
      return classes.interactive.size + classes.bulk.size
    },
    get tokens() {
      return tokens
    },
    get lastInteractiveAtMs() {
      return lastInteractiveAtMs
    },
    add: (entry) => {
      if (entry.priority === 'interactive') lastInteractiveAtMs = Math.max(lastInteractiveAtMs, entry.enqueuedAtMs)
      classes[entry.priority].push(entry)
      tokens += entry.ids.length
    },
    remove: (entry) => {
      if (!entry.lane) return
      classes[entry.priority].remove(entry)
      tokens -= entry.ids.length
    },
    raise(entry, priority) {
      if (priority === 'bulk' || entry.priority === priority) return
      const waits = entry.lane !== undefined
      queue.remove(entry)
      entry.priority = priority
      if (waits) queue.add(entry)
    },
    turn: () => classes[turns.next(classes.interactive.size > 0, classes.bulk.size > 0)],
    ran: (priority, paddedTokens) => turns.ran(priority, paddedTokens, classes[otherClass[priority]].size > 0),
  }
  return queue
}
