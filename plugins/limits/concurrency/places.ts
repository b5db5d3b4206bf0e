import type { Call, Priority } from '../../../gateway/core/call.ts'
import type { Cancel, Clock } from '../../../gateway/core/clock.ts'
import { interactivePerBulkToken } from '../../../gateway/core/class-turns.ts'
import { silence } from '../../../gateway/core/silence.ts'
import { retryAfter } from '../retry-after.ts'
import { adaptiveLimit, type Begun, type Ending } from './adaptive-limit.ts'
import { line, type Waiter } from './line.ts'
import { NoPlace, type PlaceReason } from './no-place.ts'

/** The places that an engine has for calls. */
export interface Places {
  /**
   * Resolves when the call may be sent: at once while there are places, otherwise when it is its turn.
   *
   * @param canStepDown whether somebody else could do it instead
   * @throws NoPlace when it would wait, or has waited, for half of what remained of its deadline; when too many wait already;
   *   when nothing comes back from the engine and somebody else could do it; what the call ended with, when it has ended
   */
  take(call: Call, tokens: number, canStepDown?: () => boolean): Promise<Begun>
  /** Gives the place back. */
  give(begun: Begun, how: Ending): void
  limit(): number
  /** Tokens that wait for a place. */
  waitingTokens(): number
}

interface WaitingCall extends Waiter {
  enter(): void
  refuse(reason: PlaceReason): void
}

/** Calls that wait at once: what holds them is small, and time bounds them sooner. */
const mostWaiting = 1_024
/** Of what remains of a deadline, the part that may be spent waiting: the rest is for the engine, and for tiers behind. */
const waitRatio = 0.5
/** Nothing has come back for five times the mean of their times, and for a second: who waits for that may wait for ever. */
const stall = { ratio: 5, leastMs: 1_000, lookEveryMs: 250 } as const
/** Weight of one more call against all earlier ones. */
const learningRate = 0.1

/**
 * Places for one replica, as many as `adaptiveLimit` says.
 *
 * @param ceiling the most calls at once
 */
export const places = (clock: Clock, ceiling: number): Places => {
  const limit = adaptiveLimit(clock, ceiling)
  const waiting = line<WaitingCall>()
  let inFlight = 0
  let meanMs: number | undefined
  const silent = silence(clock)

  const hasStalled = (): boolean =>
    inFlight > 0 && meanMs !== undefined && silent.ms() > Math.max(stall.leastMs, stall.ratio * meanMs)
  /** Who gets a place before somebody new of a class: bulk its share of the turns, or all of its turns. */
  const ahead = (priority: Priority): number => {
    const [interactive, bulk] = [waiting.sizeOf('interactive'), waiting.sizeOf('bulk')]
    return priority === 'bulk'
      ? interactive + bulk
      : interactive + Math.min(bulk, interactive / interactivePerBulkToken)
  }
  /** Until somebody new gets a place; 0 while nobody knows. */
  const predictedMs = (priority: Priority): number => ((meanMs ?? 0) * (ahead(priority) + 1)) / limit.now()
  const begin = (tokens: number): Begun => {
    silent.began()
    return { atMs: clock.now(), tokens, inFlight: ++inFlight }
  }
  const noPlace = (priority: Priority, reason: PlaceReason): NoPlace =>
    new NoPlace(reason, retryAfter(meanMs === undefined ? undefined : predictedMs(priority)))
  const callNext = (): void => {
    while (inFlight < limit.now()) {
      const next = waiting.next()
      if (!next) return
      next.enter()
    }
  }

  const join = (call: Call, tokens: number, canStepDown: () => boolean): Promise<Begun> =>
    new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        stopWaiting()
        reject(error)
      }
      const waiter: WaitingCall = {
        tenant: call.tenant,
        tokens,
        priority: call.priority,
        enter: () => {
          stopWaiting()
          resolve(begin(tokens))
        },
        refuse: (reason) => {
          stopWaiting()
          reject(noPlace(waiter.priority, reason))
        },
      }
      waiting.add(waiter)
      const untilMs = clock.now() + call.deadline.remainingMs() * waitRatio
      const look = (): void => {
        const leftMs = untilMs - clock.now()
        if (leftMs <= 0) waiter.refuse('waited')
        else if (hasStalled() && canStepDown()) waiter.refuse('stalled')
        else cancel = clock.after(Math.min(leftMs, stall.lookEveryMs), look)
      }
      let cancel: Cancel | undefined
      const stopRaising = call.onRaise((priority) => waiting.raise(waiter, priority))
      const ignoreEnd = call.onEnd(fail)
      const stopWaiting = (): void => {
        waiting.remove(waiter)
        cancel?.()
        stopRaising()
        ignoreEnd()
      }
      look()
    })

  return {
    take: async (call, tokens, canStepDown = () => false) => {
      if (call.endedBy) throw call.endedBy
      if (inFlight < limit.now() && waiting.size === 0) return begin(tokens)
      if (predictedMs(call.priority) > call.deadline.remainingMs() * waitRatio)
        throw noPlace(call.priority, 'predicted_wait')
      if (waiting.size >= mostWaiting) {
        const last = call.priority === 'interactive' ? waiting.lastBulk() : undefined
        if (!last) throw noPlace(call.priority, 'line_full')
        last.refuse('line_full')
      }
      return join(call, tokens, canStepDown)
    },
    give: (begun, how) => {
      inFlight--
      silent.ended(how !== 'timeout' && how !== 'unanswered')
      if (how === 'answered') {
        const tookMs = clock.now() - begun.atMs
        meanMs = meanMs === undefined ? tookMs : meanMs + learningRate * (tookMs - meanMs)
      }
      limit.ended(begun, how)
      callNext()
    },
    limit: () => limit.now(),
    waitingTokens: () => waiting.tokens,
  }
}
