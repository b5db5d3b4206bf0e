import type { Cancel, Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { WorkerStats } from '../protocol.ts'
import type { Worker } from './worker.ts'

/** What the watch needs of a worker. */
export type Watched = Pick<Worker, 'condemn' | 'lost'> & {
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>
  readonly client: Pick<Worker['client'], 'stats'>
}

/** How a worker is watched. */
export interface Watch {
  readonly clock: Clock
  /** Time limit of one inference. */
  readonly inferenceMs: number
  /** Given every answer; each batch is in exactly one of them. */
  readonly onStats: (stats: WorkerStats) => void
  /** How long a question may stay unanswered, by the predicted time of the longest batch; `frozenAfterMs` by default. */
  readonly limitOf?: (longestBatchMs: number, inferenceMs: number) => number
  /** An answer that was given before the watch began; its batches are known. */
  readonly known?: WorkerStats
  /**
   * Bytes that have come from the worker so far, where its answer comes behind others on one connection: as long as many
   * come, it is waited for.
   */
  readonly receivedBytes?: () => number
}

const pollIntervalMs = 500
const minFrozenMs = 1_000
/** Times the predicted time of the longest batch. */
const frozenFactor = 10
/** So many bytes within a limit show life: 64 KiB in a second is a bad network, less is none. */
const livelyBytes = 65_536
/** A timer that fires this late says that our own event loop was blocked, and nothing about the worker. */
const ownDelayMs = 200

/**
 * How long a worker may leave a question unanswered: it reads none while a batch runs. Ten times the predicted time of its
 * longest batch and at least 1 s, but never above the time limit of one inference.
 */
export const frozenAfterMs = (longestBatchMs: number, inferenceMs: number): number =>
  Math.min(inferenceMs, Math.max(minFrozenMs, frozenFactor * longestBatchMs))

/**
 * Asks a worker for its numbers every 500 ms until it has ended, and condemns it when it does not answer in time: stopped,
 * dead-locked, or stuck in a batch.
 */
export const watch = async (worker: Watched, options: Watch): Promise<void> => {
  const { clock, inferenceMs, onStats, known, limitOf = frozenAfterMs, receivedBytes = () => 0 } = options
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
  let since = lastBatch(known, 0)
  let limitMs = known ? limitOf(known.longestBatchMs, inferenceMs) : inferenceMs
  do {
    try {
      const stats = await withinMs(clock, limitMs, receivedBytes, (signal) => worker.client.stats(since, signal))
      limitMs = limitOf(stats.longestBatchMs, inferenceMs)
      since = lastBatch(stats, since)
      onStats(stats)
    } catch (error) {
      if (!(error instanceof BackendError)) throw error
      if (error.fault !== 'busy') return giveUp(worker, error)
    }
  } while (!(await hasEndedMeanwhile()))
}

const lastBatch = (stats: WorkerStats | undefined, since: number): number =>
  stats?.batches.reduce((last, batch) => Math.max(last, batch.number), since) ?? since

const giveUp = (worker: Watched, { fault }: BackendError): void => {
  if (fault === 'timeout') worker.condemn('frozen')
  else if (fault === 'protocol') worker.condemn('protocol')
  else worker.lost()
}

const withinMs = async <T>(
  clock: Clock,
  limitMs: number,
  receivedBytes: () => number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limit = new AbortController()
  const expire = (): void => limit.abort(new BackendError('timeout', `no answer within ${limitMs} ms`))
  const arm = (): Cancel => {
    const dueMs = clock.now() + limitMs
    const bytesBefore = receivedBytes()
    return clock.after(limitMs, () => {
      const lateMs = clock.now() - dueMs
      if (receivedBytes() - bytesBefore >= livelyBytes) cancel = arm()
      // The answer may already be in the socket: it is read before the next timer, and after our own delay.
      else cancel = clock.after(lateMs > ownDelayMs ? limitMs : 0, expire)
    })
  }
  let cancel = arm()
  try {
    return await run(limit.signal)
  } finally {
    cancel()
  }
}
