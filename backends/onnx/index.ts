import fp from 'fastify-plugin'
import type { Config } from '../../gateway/config/schema.ts'
import type { Backend, BackendContext, BackendKind } from '../../gateway/core/backend.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import { spaceId, type SpaceId } from '../../gateway/core/space.ts'
import { batching, type Batching } from './batching.ts'
import { OnnxEntry, type RemoteWorker, workersOf } from './entry.ts'
import { loadModelFiles, type ModelFiles } from './model/model-files.ts'
import { resolveModelFolder } from './model/resolve.ts'
import { connectWorker } from './remote/connect.ts'
import { remoteWorker } from './remote/remote-worker.ts'
import { noSuspects, type Suspects } from './remote/suspects.ts'
import { type WorkerMetrics, workerMetrics } from './supervisor/stats-metrics.ts'
import { createSupervisor, type Supervisor } from './supervisor/supervisor.ts'
import { ownWorkerProgram } from './supervisor/worker-process.ts'

/** What all ONNX backends share. */
export interface OnnxOptions {
  /** Time limit of one inference: a worker that is stuck in a batch for longer is replaced, or given up. */
  readonly inferenceMs: number
  /** Time limit of a worker's start, until it has answered a text. */
  readonly modelLoadMs: number
  /** How local workers put texts together; by default as suits the device. */
  readonly batching?: Batching
  /** Finds the worker's main file; this package's own by default. */
  readonly program?: () => string
}

/** Texts of one call; the queue is the workers', so this only bounds what one answer takes. */
const maxTexts = 2_048

/** The kind `onnx`: a model in worker processes, on this machine or on others. */
export const onnxKind = (shared: OnnxOptions) => {
  const suspectsOf = new Map<SpaceId, Suspects>()
  const metricsOf = new Map<string, WorkerMetrics>()

  const remote = (context: BackendContext<OnnxEntry>, model: ModelFiles, { url, token }: RemoteWorker): Supervisor => {
    const { name, replica, clock, log, meter } = context
    const { space, references } = model
    const id = spaceId(space)
    const suspects = suspectsOf.get(id) ?? noSuspects(clock)
    suspectsOf.set(id, suspects)
    const metrics = metricsOf.get(name) ?? workerMetrics(meter, name, space.model)
    metricsOf.set(name, metrics)
    return remoteWorker({
      backend: name,
      replica,
      url: url.text,
      space,
      connect: (signal) => connectWorker({ url, token, space, references, clock, random: Math.random }, signal),
      suspects,
      metrics,
      inferenceMs: shared.inferenceMs,
      clock,
      log,
    })
  }

  return {
    options: OnnxEntry,
    create(context: BackendContext<OnnxEntry>): Backend {
      const { name, replica, options, dataDir } = context
      const workers = workersOf(name, options)
      const model = loadModelFiles(modelFolder(name, options.model, dataDir))
      const { folder, space, references, matryoshkaDims } = model
      const living =
        'url' in workers
          ? remote(context, model, workers)
          : createSupervisor({
              backend: name,
              program: shared.program ?? ownWorkerProgram,
              modelFolder: folder,
              device: workers.device,
              optional: options.optional ?? false,
              workers: workers.count,
              space,
              references,
              inferenceMs: shared.inferenceMs,
              modelLoadMs: shared.modelLoadMs,
              ...(shared.batching && { batching: shared.batching }),
              clock: context.clock,
              log: context.log,
              meter: context.meter,
            })
      return {
        name,
        replica,
        kind: 'onnx',
        limits: { texts: maxTexts },
        computing: true,
        queueing: true,
        ...('url' in workers && { remote: true }),
        optional: options.optional ?? false,
        space,
        ...(references ? { references } : {}),
        matryoshkaDims,
        ...living,
      }
    },
  } satisfies BackendKind<OnnxEntry>
}

/** @throws GatewayError that names the key of the backend */
const modelFolder = (backend: string, model: string, dataDir: string): string => {
  try {
    return resolveModelFolder(model, dataDir)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'EG_CONFIG_INVALID') throw error
    const param = `backends.${backend}.model`
    throw new GatewayError(error.code, `${param}: ${error.message}`, { param, cause: error })
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** How local workers put texts together. */
    batching: Batching
  }
}

/** Registers the kind `onnx`. */
export default fp<Pick<Config, 'timeouts' | 'batching'>>(
  async (app, { timeouts, batching: settings }) => {
    app.decorate('batching', batching(settings))
    app.backends.register('onnx', onnxKind({ ...timeouts, batching: app.batching }))
  },
  { name: 'onnx', dependencies: ['chain'] },
)
