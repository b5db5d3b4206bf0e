import type { Priority } from '../../../gateway/core/call.ts'
import { interactivePerBulkToken } from '../../../gateway/core/class-turns.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import { baseTime } from '../../../gateway/core/base-time.ts'
import { drainRate } from './drain-rate.ts'
import { standingQueue } from './standing-queue.ts'

/** The work of one model that waits or runs in one tier. */
export interface Backlog {
  /** How long work of a class would wait before its turn; undefined while nobody knows how fast work is done. */
  waitMs(priority: Priority): number | undefined
  /** How long until what is too much has drained; undefined likewise. */
  drainMs(tokens: number): number | undefined
  /** false: interactive work would join a standing queue. */
  readonly admits: () => boolean
  /** Whether work is here, and none of it has been done for much longer than it takes: nobody knows when it will be. */
  hasStalled(): boolean
  readonly refused: () => void
  /** Takes work in. */
  enter(priority: Priority, tokens: number): Charge
}

/** What one request has in a backlog. */
export interface Charge {
  /** `tokens` of it are done. More than it has left counts as what is left. */
  readonly worked: (tokens: number) => void
  /** It waits in a higher class from now on. */
  readonly raise: (priority: Priority) => void
  /** It was answered. */
  answered(): void
  /** What should have computed it has failed. */
  readonly failed: () => void
  /** Takes out what is left of it. To be called in the end, whatever became of it; harmless twice. */
  leave(): void
}

/** How long the shortest times are remembered: they tell a device that was lost or has come back. */
const basePeriodMs = 30_000
/** An answer that took this many times as long as it must has waited. */
const delayedRatio = 1.5
/**
 * Work stands still when nothing was done for five times the shortest time of an answer, and for a second: a batch takes up to
 * half a second, and a restart of a worker less than one. Well within the patience of a standing queue, which a stall builds.
 */
const stall = { ratio: 5, leastMs: 1_000 } as const

/** An empty backlog. */
export const backlog = (clock: Clock): Backlog => {
  const tokensOf: Record<Priority, number> = { interactive: 0, bulk: 0 }
  const requestsOf: Record<Priority, number> = { interactive: 0, bulk: 0 }
  const rate = drainRate(clock)
  const base = baseTime(clock, basePeriodMs)
  const standing = standingQueue(clock)
  const total = (): number => tokensOf.interactive + tokensOf.bulk
  /** When something was done last, or work came while none was here. */
  let movedMs = clock.now()

  const drainMs = (tokens: number): number | undefined => {
    const perSecond = rate.tokensPerSecond()
    return perSecond === undefined ? undefined : (tokens / perSecond) * 1_000
  }
  /** Bulk work gets its share of the device while interactive work is done, and waits for all of it. */
  const aheadOf = (priority: Priority): number =>
    priority === 'bulk'
      ? total()
      : tokensOf.interactive + Math.min(tokensOf.bulk, tokensOf.interactive / interactivePerBulkToken)
  const waitMs = (priority: Priority): number | undefined => {
    const busyMs = drainMs(aheadOf(priority))
    // What runs does not wait: an engine that answers after a second has a second's work in it and nobody in front of it.
    return busyMs === undefined ? undefined : Math.max(0, busyMs - base.least())
  }
  const noteWait = (): void => standing.note(waitMs('interactive') ?? 0, requestsOf.interactive)

  const enter = (first: Priority, tokens: number): Charge => {
    const startMs = clock.now()
    let priority = first
    let left = tokens
    if (total() === 0) {
      rate.began()
      movedMs = startMs
    }
    tokensOf[priority] += tokens
    requestsOf[priority]++
    noteWait()
    const take = (most: number): number => {
      const taken = Math.min(left, most)
      left -= taken
      tokensOf[priority] -= taken
      return taken
    }
    const worked = (most: number): void => {
      const done = take(most)
      if (done > 0) {
        movedMs = clock.now()
        rate.worked(done, total())
      }
      noteWait()
    }
    return {
      worked,
      raise: (higher) => {
        tokensOf[priority] -= left
        tokensOf[higher] += left
        requestsOf[priority]--
        requestsOf[higher]++
        priority = higher
        noteWait()
      },
      answered: () => {
        const tookMs = clock.now() - startMs
        base.saw(tokens, tookMs)
        rate.answered(tookMs >= delayedRatio * (base.of(tokens) ?? tookMs) ? 'delayed' : 'prompt')
        worked(left)
      },
      failed: rate.failed,
      leave: () => {
        take(left)
        requestsOf[priority]--
        if (total() === 0) rate.ended()
        noteWait()
      },
    }
  }

  return {
    waitMs,
    drainMs,
    admits: standing.admits,
    hasStalled: () => total() > 0 && clock.now() - movedMs > Math.max(stall.leastMs, stall.ratio * base.least()),
    refused: rate.refused,
    enter,
  }
}
