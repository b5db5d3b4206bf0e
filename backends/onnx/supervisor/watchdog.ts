import type { Cancel, Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { RunningBatch, WorkerStats } from '../protocol.ts'
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
  /** How long a question may stay unanswered, by the predicted time of the batch before it; `frozenAfterMs` by default. */
  readonly limitOf?: (batchMs: number, inferenceMs: number) => number
  /**
   * The batch that it has begun last, where it tells; the same object until it begins another. Where it does not, any may be
   * its longest.
   */
  readonly running?: () => Pick<RunningBatch, 'predictedMs'>
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
/** Times the predicted time of the batch that runs. */
const frozenFactor = 10
/** So many bytes within a limit show life: 64 KiB in a second is a bad network, less is none. */
const livelyBytes = 65_536
/** A timer that fires this late says that our own event loop was blocked, and nothing about the worker. */
const ownDelayMs = 200

/**
 * How long a worker may leave a question unanswered: it reads none while a batch runs, and all that wait before the next one.
 * Ten times the predicted time of the batch and at least 1 s, but never above the time limit of one inference.
 */
export const frozenAfterMs = (batchMs: number, inferenceMs: number): number =>
  Math.min(inferenceMs, Math.max(minFrozenMs, frozenFactor * batchMs))

/**
 * Asks a worker for its numbers every 500 ms until it has ended, and condemns it when it does not answer in time: stopped,
 * dead-locked, or stuck in a batch.
 */
export const watch = async (worker: Watched, options: Watch): Promise<void> => {
  const { clock, inferenceMs, onStats, known, limitOf = frozenAfterMs, running, receivedBytes = () => 0 } = options
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
  let stats = known
  let since = lastBatch(known, 0)
  /** It had begun before a question that was answered: nothing waits for it any more. */
  let done: ReturnType<NonNullable<Watch['running']>> | undefined
  const limitMs = (): number => {
    if (!stats) return inferenceMs
    const batch = running?.()
    if (!batch) return limitOf(stats.longestBatchMs, inferenceMs)
    return limitOf(batch === done ? 0 : batch.predictedMs, inferenceMs)
  }
  /** Its signs of life since it was asked: much has come from it, or it has begun a batch. */
  const life = (): (() => boolean) => {
    const [bytes, batch] = [receivedBytes(), running?.()]
    return () => receivedBytes() - bytes >= livelyBytes || running?.() !== batch
  }
  do {
    try {
      const before = running?.()
      stats = await withinMs(clock, limitMs, life, (signal) => worker.client.stats(since, signal))
      done = before
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
  limitOf: () => number,
  watchLife: () => () => boolean,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limit = new AbortController()
  const arm = (): Cancel => {
    const limitMs = limitOf()
    const dueMs = clock.now() + limitMs
    const showsLife = watchLife()
    const expire = (): void => limit.abort(new BackendError('timeout', `no answer within ${limitMs} ms`))
    return clock.after(limitMs, () => {
      const lateMs = clock.now() - dueMs
      // What it has said may still be in a socket: it is read before the next timer, and after our own delay.
      cancel = clock.after(lateMs > ownDelayMs ? limitMs : 0, () => {
        if (showsLife()) cancel = arm()
        else expire()
      })
    })
  }
  let cancel = arm()
  try {
    return await run(limit.signal)
  } finally {
    cancel()
  }
}
