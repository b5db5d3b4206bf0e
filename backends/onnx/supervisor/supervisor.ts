import { join } from 'node:path'
import type { Backend } from '../../../gateway/core/backend.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { Log } from '../../../gateway/core/log.ts'
import type { Meter } from '../../../gateway/core/meter.ts'
import type { References } from '../../../gateway/core/model.ts'
import type { Space } from '../../../gateway/core/space.ts'
import { tokenEstimate } from '../../../gateway/core/token-estimate.ts'
import type { Batching } from '../batching.ts'
import type { WorkerStats } from '../protocol.ts'
import { rememberedTexts } from '../remembered-texts.ts'
import { deliverer } from './deliver.ts'
import { type FirstReady, firstReady } from './first-ready.ts'
import { healthOf } from './health.ts'
import { inFlight } from './in-flight.ts'
import { limited } from './limited.ts'
import { pieceNumbers } from './piece-numbers.ts'
import { workerPool } from './pool.ts'
import { spreadRequests } from './request.ts'
import { type Slot, type SlotEvents, openSlot } from './slot.ts'
import { type SocketFolder, socketFolder } from './socket-folder.ts'
import { startWorker } from './start-worker.ts'
import { workerMetrics } from './stats-metrics.ts'
import { watch } from './watchdog.ts'

/** What a supervisor supervises. */
export interface SupervisorOptions {
  /** As configured; a metric label. */
  readonly backend: string
  /** Path of the worker's main file; asked at each start. */
  readonly program: () => string
  /** Folder of the model's files. */
  readonly modelFolder: string
  readonly device: string
  /** Whether the chain goes on without it: then a device that has become slow is given up. */
  readonly optional: boolean
  /** How many worker processes. */
  readonly workers: number
  readonly space: Space
  readonly references: References | undefined
  /** Time limit of one inference. */
  readonly inferenceMs: number
  /** Time limit of a worker's start, until it has answered a text. */
  readonly modelLoadMs: number
  /** How texts are put together; by default as suits the device. */
  readonly batching?: Pick<Batching, 'current' | 'onChange'>
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
}

/** The living part of a backend. */
export type Supervisor = Pick<Backend, 'embed' | 'health' | 'start' | 'close' | 'onRenewal'>

/** How long requests in flight may take to finish when the backend is closed; with `exitGraceMs` below the chain's 10 s. */
const drainMs = 4_000
/** How long a worker may take to end by itself before it is killed. */
const exitGraceMs = 5_000

/** A worker at work may not read the question for long; what is known of it is said before whoever asks gives up (1 s). */
const workerHealthMs = 500

const stopping = (): BackendError => new BackendError('unavailable', 'the workers are stopping')

/** Keeps worker processes alive and spreads requests over them. Nothing runs before `start`. */
export const createSupervisor = (options: SupervisorOptions): Supervisor => {
  const { backend, clock, log, space } = options
  const pool = workerPool(clock)
  const requests = inFlight(clock)
  const metrics = workerMetrics(options.meter, backend, space.model)
  const lastStats = new Map<string, WorkerStats>()
  const spread = spreadRequests({
    counts: pool.counts,
    deliver: deliverer(pool, pieceNumbers(), rememberedTexts(clock)),
    estimate: tokenEstimate(space.maxTokens),
    space,
    workers: options.workers,
  })
  const closed = new AbortController()
  let slots: readonly Slot[] = []
  let folder: SocketFolder | undefined
  let starting: Promise<void> | undefined
  const renewalListeners: (() => void)[] = []
  let lastFailure: Error | undefined
  let awaited: FirstReady | undefined

  options.batching?.onChange((settings) => {
    for (const slot of slots) slot.worker()?.adjust(settings)
  })

  const eventsOf = (name: string): SlotEvents => ({
    ready(worker) {
      log.info({ backend, worker: name, pid: worker.pid, ...worker.about }, 'worker is ready')
      metrics.loaded(worker.about)
      if (options.batching) worker.adjust(options.batching.current())
      pool.add(worker)
      // The first worker of a start is followed by the chain's own probe.
      if (awaited) awaited.succeed()
      else for (const listener of renewalListeners) listener()
      const onStats = (stats: WorkerStats): void => {
        lastStats.set(name, stats)
        metrics.stats(name, worker.about, stats)
      }
      const { inferenceMs } = options
      watch(worker, { clock, inferenceMs, onStats, running: () => worker.running() }).catch((error: unknown) =>
        log.error({ backend, worker: name, err: error }, 'watching a worker failed'),
      )
    },
    ended(worker, { reason, how }) {
      pool.remove(worker)
      lastStats.delete(name)
      metrics.ended(name)
      const facts = { backend, worker: name, pid: worker.pid, reason, how }
      if (reason === 'stopped') log.info(facts, 'worker has ended')
      else log.warn(facts, 'worker has ended')
    },
    startFailed(error) {
      // The chain says once that a device is absent, and whether that is normal.
      const isAbsent = error instanceof BackendError && error.fault === 'absent'
      log[isAbsent ? 'debug' : 'warn']({ backend, worker: name, reason: error.message }, 'worker could not be started')
      pool.giveUpIfEmpty()
      awaited?.fail(name, error)
    },
    restarting: (reason) => metrics.restarting(reason),
  })

  const open = (sockets: string): readonly Slot[] => {
    let started = 0
    return Array.from({ length: options.workers }, (_, index) => {
      const name = `worker-${index}`
      const start = async (signal: AbortSignal, onGivenUp: (reason: Error) => void) => {
        const socketPath = join(sockets, `${(started += 1).toString(36)}.sock`)
        const { modelFolder: model, device, optional: giveUpWhenSlow } = options
        const program = { path: options.program(), model, device, socketPath, giveUpWhenSlow, onGivenUp }
        return startWorker({ ...options, program, name }, signal)
      }
      return openSlot(name, clock, start, eventsOf(name))
    })
  }

  const stopAll = async (graceMs: number): Promise<void> => {
    await Promise.all(slots.map((slot) => slot.stop(graceMs)))
    slots = []
    pool.giveUpIfEmpty()
    await folder?.remove()
    folder = undefined
  }

  const start = async (): Promise<void> => {
    if (pool.usable().length > 0) return
    awaited = firstReady(options.workers)
    try {
      if (slots.length === 0) {
        folder = await socketFolder()
        slots = open(folder.path)
      } else {
        // A device that was given up would be taken back at once.
        const givenUp = slots.every((slot) => slot.state() === 'resting') ? slots[0]?.failure() : undefined
        if (givenUp) throw givenUp
        for (const slot of slots) slot.hurry()
      }
      await awaited.promise
      lastFailure = undefined
    } catch (error) {
      lastFailure = error as Error
      await stopAll(0)
      throw error
    } finally {
      awaited = undefined
    }
  }

  const health: Supervisor['health'] = (signal) => {
    const limit = { clock, limitMs: workerHealthMs, reason: () => new Error('no answer in time') }
    return limited(limit, signal, (each) => healthOf(slots, lastStats, lastFailure, each))
  }

  return {
    async start() {
      if (closed.signal.aborted) throw stopping()
      starting ??= start().finally(() => (starting = undefined))
      await starting
    },
    async embed(batch, call) {
      if (closed.signal.aborted) throw stopping()
      return requests.run(() => spread(batch, call))
    },
    health,
    onRenewal: (listener) => void renewalListeners.push(listener),
    async close() {
      closed.abort()
      awaited?.abort(stopping())
      await starting?.catch(() => {})
      await requests.idle(drainMs)
      await stopAll(exitGraceMs)
    },
  }
}
