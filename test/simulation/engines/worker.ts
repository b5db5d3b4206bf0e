import type { BackendParts } from '../../../gateway/core/backend.ts'
import type { Call } from '../../../gateway/core/call.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import type { EmbedBatch, Embeddings } from '../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { faultError } from '../../../backends/onnx/supervisor/fault-error.ts'
import type { Engine } from '../../../backends/onnx/worker/engine.ts'
import { Refusal } from '../../../backends/onnx/worker/engine/refusal.ts'
import { deadFaults } from '../faults.ts'
import type { Ledger } from '../ledger.ts'
import { faultNow, lifeOf, type Surroundings } from './health.ts'
import { answerOf, spaceOf, spoilt, vectorsOf } from './rows.ts'
import { workerProcess, type Running, type WorkerProcess } from './worker-process.ts'

/** What a simulated backend with the worker's own engine needs. */
export interface WorkerOptions extends Surroundings {
  readonly ledger: Ledger
  /** The clock of the engine: its timers are the product's. */
  readonly engineClock: Clock
}

/** A backend of a worker, and what waits in its queue. */
export interface SimulatedWorker {
  readonly parts: BackendParts
  level(): ReturnType<Engine['level']>
}

/** A batch that the device never finishes is given up after this long, with the process: the supervisor's watchdog. */
const frozenMs = 1_000
/** A new process is there after this long. */
const restartMs = 300
const slowFactor = 20

/** A piece that the worker has. */
interface Held {
  readonly tenant: string
  readonly texts: readonly string[]
  readonly fail: (error: Error) => void
}

/** A backend that holds the real engine of a worker, with its queue and its batches, around a simulated device. */
export const simulatedWorker = (options: WorkerOptions): SimulatedWorker => {
  const { plan, replica, clock, ledger } = options
  const held = new Map<number, Held>()
  let worker: WorkerProcess | undefined
  let pieces = 0

  const isDead = (): boolean => deadFaults.some((fault) => fault === faultNow(options))
  /** The process ends with all it holds; what its supervisor starts instead knows nothing of it. */
  const die = (): void => {
    worker?.kill()
    worker = undefined
    for (const { fail } of held.values()) fail(new BackendError('crash', 'the worker died'))
    held.clear()
  }
  const dieAndComeBack = (dying: WorkerProcess | undefined): void => {
    if (dying === undefined || dying !== worker) return
    die()
    clock.after(restartMs, () => {
      if (!isDead()) worker ??= started()
    })
  }
  for (const { fault, fromMs } of plan.replicas[replica]?.faults ?? []) {
    if (deadFaults.includes(fault)) clock.after(fromMs, die)
  }

  const compute = async (running: Running, rows: number, paddedTokens: number): Promise<Float32Array> => {
    const fault = faultNow(options)
    if (fault === 'hang' || fault === 'blackhole') {
      const frozen = worker
      clock.after(frozenMs, () => dieAndComeBack(frozen))
      return new Promise(() => {})
    }
    const wanted = Array.from({ length: rows }, (_, at) => {
      const [piece = 0, row = 0] = running[at] ?? []
      return { text: held.get(piece)?.texts[row] ?? '', tenant: held.get(piece)?.tenant ?? '' }
    })
    const maker = { backend: plan.name, replica, space: plan.space, atMs: clock.now() }
    const vectors = vectorsOf(ledger, maker, plan.maxTokens, wanted, fault)
    const factor = fault === 'slow' || fault === 'late' ? slowFactor : 1
    const ms = factor * (plan.latencyMs + plan.msPerToken * paddedTokens)
    await new Promise<void>((resolve) => clock.after(ms, resolve))
    if (fault === 'error' || fault === 'reset' || fault === 'throws') throw new Error('the runtime threw')
    return vectors
  }

  const started = (): WorkerProcess => {
    const made: WorkerProcess = workerProcess({ ...options, compute, onLost: () => dieAndComeBack(made) })
    return made
  }

  const embed = async (batch: EmbedBatch, call: Call): Promise<Embeddings> => {
    const fault = faultNow(options)
    if (fault === 'busy') throw new BackendError('busy', 'full', { retryAfterMs: 500 })
    if (worker === undefined || isDead()) throw new BackendError('unavailable', 'no worker is ready')
    const { promise: death, reject: fail } = withResolvers<never>()
    const piece = (pieces += 1)
    const { tenant, priority } = call
    const deadlineMs = Math.ceil(call.deadline.remainingMs())
    const request = { texts: batch.texts, truncate: batch.truncate, tenant, priority, deadlineMs }
    const submission = worker.engine.submit(piece, request)
    held.set(piece, { tenant, texts: batch.texts, fail })
    const stops = [call.onEnd(submission.cancel), call.onRaise(submission.raise)]
    try {
      const { vectors } = await Promise.race([submission.rows, death])
      ledger.finish(vectors, clock.now())
      return spoilt(answerOf(batch, plan.maxTokens, vectors), fault)
    } finally {
      for (const stop of stops) stop()
      held.delete(piece)
    }
  }

  const life = lifeOf(options)
  const parts: BackendParts = {
    limits: plan.limits,
    optional: plan.optional,
    queueing: true,
    space: spaceOf(plan),
    start: async () => {
      await life.start()
      worker ??= started()
    },
    health: async (signal) => (worker === undefined ? { state: 'down' } : life.health(signal)),
    close: async () => die(),
    embed: async (batch, call) => {
      try {
        return await embed(batch, call)
      } catch (error) {
        throw error instanceof Refusal ? faultError(error, call) : (call.endedBy ?? error)
      }
    },
  }
  return { parts, level: () => worker?.engine.level() ?? { texts: 0, tokens: 0 } }
}
