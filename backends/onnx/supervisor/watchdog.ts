import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { WorkerStats } from '../protocol.ts'
import type { Worker } from './worker.ts'

/** What the watch needs of a worker. */
export type Watched = Pick<Worker, 'condemn' | 'lost' | 'ended'> & {
  readonly client: Pick<Worker['client'], 'stats'>
}

/** How a worker is watched. */
export interface Watch {
  readonly clock: Clock
  /** Time limit of one inference. */
  readonly inferenceMs: number
  /** Given every answer; each batch is in exactly one of them. */
  readonly onStats: (stats: WorkerStats) => void
}

const pollIntervalMs = 500
const minFrozenMs = 1_000
/** Times the predicted time of the longest batch. */
const frozenFactor = 10
/** A timer that fires this late says that our own event loop was blocked, and nothing about the worker. */
const ownDelayMs = 200

/**
 * How long a worker may leave a question unanswered: it reads none while a batch runs. Ten times the predicted time of its
 * longest batch and at least 1 s, but never above the time limit of one inference.
 */
export const frozenAfterMs = (longestBatchMs: number, inferenceMs: number): number =>
  Math.min(inferenceMs, Math.max(minFrozenMs, frozenFactor * longestBatchMs))

/**
 * Asks a worker for its numbers every 500 ms until it has ended, and kills it when it does not answer in time: stopped,
 * dead-locked, or stuck in a batch.
 */
export const watch = async (worker: Watched, { clock, inferenceMs, onStats }: Watch): Promise<void> => {
  let wake: (() => void) | undefined
  // One reaction for the worker's whole life: racing against its end at every question would add one each time.
  void worker.ended.then(() => wake?.())
  const hasEndedMeanwhile = (): Promise<boolean> =>
    new Promise((resolve) => {
      const cancel = clock.after(pollIntervalMs, () => resolve(false))
      wake = () => {
        cancel()
        resolve(true)
      }
    })
  let since = 0
  let limitMs = inferenceMs
  do {
    try {
      const stats = await withinMs(clock, limitMs, (signal) => worker.client.stats(since, signal))
      limitMs = frozenAfterMs(stats.longestBatchMs, inferenceMs)
      since = stats.batches.reduce((last, batch) => Math.max(last, batch.number), since)
      onStats(stats)
    } catch (error) {
      if (!(error instanceof BackendError)) throw error
      if (error.fault !== 'busy') return giveUp(worker, error)
    }
  } while (!(await hasEndedMeanwhile()))
}

const giveUp = (worker: Watched, { fault }: BackendError): void => {
  if (fault === 'timeout') worker.condemn('frozen')
  else if (fault === 'protocol') worker.condemn('protocol')
  else worker.lost()
}

const withinMs = async <T>(clock: Clock, limitMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const limit = new AbortController()
  const expire = (): void => limit.abort(new BackendError('timeout', `no answer within ${limitMs} ms`))
  let cancel = clock.after(limitMs, () => {
    const lateMs = clock.now() - dueMs
    // The answer may already be in the socket: it is read before the next timer, and after our own delay.
    cancel = clock.after(lateMs > ownDelayMs ? limitMs : 0, expire)
  })
  const dueMs = clock.now() + limitMs
  try {
    return await run(limit.signal)
  } finally {
    cancel()
  }
}
