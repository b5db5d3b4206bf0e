import type { Backend } from '../../../gateway/core/backend.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { Log } from '../../../gateway/core/log.ts'
import type { Space } from '../../../gateway/core/space.ts'
import { tokenEstimate } from '../../../gateway/core/token-estimate.ts'
import { inFlight } from '../supervisor/in-flight.ts'
import { pieceNumbers } from '../supervisor/piece-numbers.ts'
import { spreadRequests } from '../supervisor/request.ts'
import type { WorkerMetrics } from '../supervisor/stats-metrics.ts'
import type { Connected } from './connect.ts'
import { type Connection, openConnection } from './connection.ts'
import { isLoss, remoteDeliverer } from './deliver.ts'
import { healthOf } from './health.ts'
import type { Suspects } from './suspects.ts'

/** One worker on another machine. */
export interface RemoteWorkerOptions {
  readonly backend: string
  readonly replica: number
  /** For people. */
  readonly url: string
  readonly space: Space
  /** Connects to it, and rejects as `connectWorker`. */
  readonly connect: (signal: AbortSignal) => Promise<Connected>
  readonly suspects: Suspects
  /** Shared by the replicas of the backend. */
  readonly metrics: Pick<WorkerMetrics, 'stats' | 'ended'>
  /** Time limit of one inference. */
  readonly inferenceMs: number
  readonly clock: Clock
  readonly log: Log
}

/** How long requests in flight may take to finish when the backend is closed. */
const drainMs = 4_000
/** A connection that was lost sooner is not mended: something is wrong, and the chain's back-off is for that. */
const stableMs = 10_000
/** It is one worker, whose queue takes what comes. */
const counts = { ready: 1, idle: 1 } as const

const stopping = (): BackendError => new BackendError('unavailable', 'the gateway is stopping')
const hasStopped = (): BackendError => new BackendError('unavailable', 'the worker was told to stop')
const startedAgain = (): BackendError =>
  new BackendError('unavailable', 'the worker was started again, and is measured before it serves')

/**
 * A replica that is one worker elsewhere: neither started nor ended by us.
 *
 * A connection that is lost is mended once, at once: when the same worker answers, it was the network, and work goes on. When
 * another one answers, or none, the replica is down until `start`, which the chain calls with back-off and follows with the
 * parity probe: a worker that was started again may serve other files.
 */
export const remoteWorker = (options: RemoteWorkerOptions): Pick<Backend, 'embed' | 'health' | 'start' | 'close'> => {
  const { backend, replica, url, space, suspects, metrics, clock, log } = options
  const facts = { backend, replica, url }
  const label = `worker-${replica}`
  const requests = inFlight(clock)
  const closed = new AbortController()
  let failure: Error = new BackendError('unavailable', `${url}: not connected yet`)
  /** The last one, lost or not. */
  let connection: Connection | undefined
  let mending: Promise<void> | undefined

  const use = (connected: Connected): void => {
    const { about, origin } = connected
    log.info({ ...facts, origin, ...about }, 'connected to a remote worker')
    const opened = openConnection(connected, {
      clock,
      inferenceMs: options.inferenceMs,
      onStats: (stats) => metrics.stats(label, about, stats),
    })
    connection = opened
    void opened.lost.then((reason) => onLost(opened, reason))
  }

  const onLost = (lost: Connection, reason: BackendError): void => {
    if (isLoss(reason)) for (const text of lost.abandoned.texts()) suspects.note(text, lost.about.instance)
    // Another one has taken the place of a worker that was stopping.
    if (connection !== lost) return
    metrics.ended(label)
    if (closed.signal.aborted) return
    if (lost.isStopping()) {
      log.info(facts, 'a remote worker has stopped')
      failure = hasStopped()
      return
    }
    log.warn({ ...facts, reason: reason.message }, 'the connection to a remote worker is lost')
    failure = reason
    if (clock.now() - lost.openedAtMs >= stableMs) mending = mend(lost)
  }

  const mend = async (lost: Connection): Promise<void> => {
    try {
      const connected = await options.connect(closed.signal)
      learn(connected)
      if (connected.about.instance === lost.about.instance) return use(connected)
      connected.client.drop(startedAgain())
      failure = startedAgain()
    } catch (error) {
      failure = error as Error
    }
  }

  /** What became of the worker that was connected before. */
  const learn = ({ about, origin }: Connected): void => {
    if (!connection) return
    const { instance } = connection.about
    if (about.instance === instance) suspects.lives(instance)
    else if (origin === connection.origin) suspects.died(instance)
  }

  const connected = (): Connection => {
    if (connection?.usable()) return connection
    throw new BackendError('unavailable', failure.message)
  }

  const spread = spreadRequests({
    counts: () => counts,
    deliver: remoteDeliverer(connected, suspects, pieceNumbers()),
    estimate: tokenEstimate(space.maxTokens),
    space,
    workers: 1,
  })

  return {
    async start() {
      if (closed.signal.aborted) throw stopping()
      await mending
      if (connection?.usable()) return
      const opened = await options.connect(closed.signal).catch((error: unknown) => {
        failure = error as Error
        throw error
      })
      learn(opened)
      use(opened)
    },
    async embed(batch, call) {
      if (closed.signal.aborted) throw stopping()
      return requests.run(() => spread(batch, call))
    },
    health: (signal) => healthOf(connection, { url, failure, clock }, signal),
    async close() {
      closed.abort(stopping())
      await mending
      await requests.idle(drainMs)
      connection?.drop(stopping())
    },
  }
}
