import type { Clock } from '../../../gateway/core/clock.ts'

/** When waiting is a standing queue: it delays everybody and answers nobody more. */
export interface StandingQueueSettings {
  /** A queue that is worked off in this time is no standing one. */
  readonly targetMs: number
  /** Neither is a queue of so few requests: that is what a few dozen callers make who each wait for their answers. */
  readonly requests: number
  /** How long the queue may be longer than that: a burst may wait, and drain. */
  readonly patienceMs: number
}

/**
 * After CoDel (RFC 8289: target 5 ms, interval 100 ms, for packets) and its use for requests at Facebook ("Fail at Scale",
 * ACM Queue 2015: 5 ms once a queue has not been empty for 100 ms). A batch on a core takes 30 to 100 ms, so that half of it is
 * about the least target that keeps all cores at work; so do 32 requests of any length. The patience admits a thousand
 * requests that come at once.
 */
export const standingQueueDefaults: StandingQueueSettings = { targetMs: 50, requests: 32, patienceMs: 2_000 }

/** Whether work may join a queue. */
export interface StandingQueue {
  /** To be called with the wait, and how many requests wait or run, at every change of them. */
  note(waitMs: number, requests: number): void
  /** Whether one more may join. */
  readonly admits: () => boolean
}

/**
 * Patience is spent while the queue is longer than a short one, comes back as slowly while it is shorter than half of that,
 * and at once when nothing is left of it. While there is none, a queue is filled up to a short one: it neither grows nor runs
 * empty, and how long it may grow again is bounded by the time in which it was short.
 */
export const standingQueue = (
  clock: Clock,
  { targetMs, requests: fewRequests, patienceMs }: StandingQueueSettings = standingQueueDefaults,
): StandingQueue => {
  let spentMs = 0
  let lastMs = clock.now()
  let last = { waitMs: 0, requests: 0 }
  const isShort = (ratio: number): boolean => last.waitMs <= targetMs * ratio || last.requests <= fewRequests * ratio
  const pass = (): void => {
    const passedMs = clock.now() - lastMs
    if (!isShort(1)) spentMs = Math.min(patienceMs, spentMs + passedMs)
    else if (isShort(1 / 2)) spentMs = Math.max(0, spentMs - passedMs)
    lastMs += passedMs
  }
  return {
    note: (waitMs, requests) => {
      pass()
      last = { waitMs, requests }
      if (requests === 0) spentMs = 0
    },
    admits: () => {
      pass()
      return last.waitMs <= targetMs || last.requests < fewRequests || spentMs < patienceMs
    },
  }
}
