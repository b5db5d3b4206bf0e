import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { WorkerHealth, WorkerStats } from '../protocol.ts'
import { frozenAfterMs, watch } from '../supervisor/watchdog.ts'
import { type Abandoned, noneAbandoned } from './abandoned.ts'
import type { RemoteClient } from './client.ts'
import type { Connected } from './connect.ts'

/** A connection to a worker, from its first answer to its loss. The next one is another. */
export interface Connection {
  readonly client: Pick<RemoteClient, 'embed' | 'raise' | 'health' | 'running'>
  readonly about: WorkerHealth
  readonly origin: string
  readonly openedAtMs: number
  readonly abandoned: Pick<Abandoned, 'add' | 'texts'>
  /** The worker's last numbers. */
  stats(): WorkerStats
  /** Whether it may be sent more. */
  usable(): boolean
  isLost(): boolean
  /** Whether its worker is about to end by itself. */
  isStopping(): boolean
  /** Sends it nothing more, and ends when all is answered: its worker is about to end. */
  retire(): void
  /** Ends it; what is out fails with `reason`. */
  drop(reason: BackendError): void
  /** Resolves with what ended it. */
  readonly lost: Promise<BackendError>
}

/** What a connection needs to be watched. */
export interface ConnectionWatch {
  readonly clock: Clock
  /** Time limit of one inference. */
  readonly inferenceMs: number
  /** Given every answer of the watch. */
  readonly onStats: (stats: WorkerStats) => void
}

const usualMs = 2_000
/** Times the predicted time of the longest batch: what other work on its machine may add. */
const batchFactor = 3

/**
 * How long a remote worker may leave a question unanswered: as a local one, but no more than 2 s, unless its longest batch
 * may well take longer. Giving a connection up ends no process, and somebody waits for the next tier.
 */
export const silentAfterMs = (longestBatchMs: number, inferenceMs: number): number =>
  Math.min(frozenAfterMs(longestBatchMs, inferenceMs), Math.max(usualMs, batchFactor * longestBatchMs))

const silent = (): BackendError => new BackendError('timeout', 'the worker shows no sign of life')

/**
 * Watches a connected worker. One that leaves a question unanswered for too long is given up, whether it is frozen or the
 * network takes everything and gives nothing back.
 */
export const openConnection = (connected: Connected, { clock, inferenceMs, onStats }: ConnectionWatch): Connection => {
  const { client, about, origin } = connected
  let stats = connected.stats
  let isLost = false
  let isRetired = false
  const abandoned = noneAbandoned(() => client.running())
  const isStopping = (): boolean => isRetired || client.isStopping()
  void client.lost.then(() => (isLost = true))
  watch(
    {
      client,
      ended: client.lost,
      condemn: (reason) =>
        client.drop(reason === 'frozen' ? silent() : new BackendError('protocol', 'the worker answered nonsense')),
      // Whatever a question failed with, the connection has failed with before.
      lost: () => {},
    },
    {
      clock,
      inferenceMs,
      limitOf: silentAfterMs,
      known: stats,
      receivedBytes: () => client.receivedBytes(),
      onStats: (next) => {
        stats = next
        abandoned.clear()
        onStats(next)
      },
    },
  ).catch((cause: unknown) => client.drop(new BackendError('error', 'watching the worker failed', { cause })))
  return {
    client,
    about,
    origin,
    openedAtMs: clock.now(),
    abandoned,
    stats: () => stats,
    usable: () => !isLost && !isStopping(),
    isLost: () => isLost,
    isStopping,
    retire: () => {
      isRetired = true
      client.finish()
    },
    drop: (reason) => client.drop(reason),
    lost: client.lost,
  }
}
