import { availableParallelism } from 'node:os'
import fp from 'fastify-plugin'
import { type Static, Type } from 'typebox'
import type { Backend, BackendContext, BackendKind } from '../../gateway/core/backend.ts'
import { loadModelFiles } from './model/model-files.ts'
import { resolveModelFolder } from './model/resolve.ts'
import { createSupervisor } from './supervisor/supervisor.ts'
import { ownWorkerProgram } from './supervisor/worker-process.ts'

/** Keys of a backend entry of kind `onnx`. */
export const OnnxEntry = Type.Object(
  {
    device: Type.Union([Type.Literal('gpu'), Type.Literal('cpu'), Type.Literal('cuda'), Type.Literal('webgpu')], {
      default: 'cpu',
      description: 'Where the graph runs; gpu tries cuda, then webgpu.',
    }),
    model: Type.String({ minLength: 1, description: 'Name of a model, or path of a model folder.' }),
    workers: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 64 })], {
      default: 'auto',
      description: 'Worker processes; auto is one per core on cpu, one otherwise.',
    }),
  },
  { additionalProperties: false },
)

/** What all ONNX backends share. */
export interface OnnxOptions {
  /** Time limit of one inference: a worker that is stuck in a batch for longer is replaced. */
  readonly inferenceMs: number
  /** Time limit of a worker's start, until it has answered a text. */
  readonly modelLoadMs: number
  /** Finds the worker's main file; this package's own by default. */
  readonly program?: () => string
}

type Entry = Static<typeof OnnxEntry> & { readonly optional?: boolean }

/** Texts of one call; the queue is the workers', so this only bounds what one answer takes. */
const maxTexts = 2_048

/** The kind `onnx`: a model in worker processes on this machine. */
export const onnxKind = (shared: OnnxOptions) =>
  ({
    options: OnnxEntry,
    create(context: BackendContext<Entry>): Backend {
      const { name, replica, options, dataDir } = context
      const { folder, space, references, matryoshkaDims } = loadModelFiles(resolveModelFolder(options.model, dataDir))
      const { embed, health, start, close } = createSupervisor({
        backend: name,
        program: shared.program ?? ownWorkerProgram,
        modelFolder: folder,
        device: options.device,
        optional: options.optional ?? false,
        workers: workersOf(options),
        space,
        references,
        inferenceMs: shared.inferenceMs,
        modelLoadMs: shared.modelLoadMs,
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
        optional: options.optional ?? false,
        space,
        ...(references ? { references } : {}),
        matryoshkaDims,
        embed,
        health,
        start,
        close,
      }
    },
  }) satisfies BackendKind<Entry>

const workersOf = ({ device, workers }: Entry): number => {
  if (typeof workers === 'number') return workers
  return device === 'cpu' ? availableParallelism() : 1
}

/** Registers the kind `onnx`. */
export default fp<OnnxOptions>(
  async (app, options) => {
    app.backends.register('onnx', onnxKind(options))
  },
  { name: 'onnx', dependencies: ['chain'] },
)
