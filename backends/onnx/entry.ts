import { availableParallelism } from 'node:os'
import { type Static, Type } from 'typebox'
import { GatewayError } from '../../gateway/core/errors.ts'
import { parseWorkerUrl, type WorkerUrl } from './remote/worker-url.ts'

/** Keys of a backend entry of kind `onnx`. */
export const OnnxEntry = Type.Object(
  {
    model: Type.String({
      minLength: 1,
      description: 'Name of a model, or path of a model folder, which begins with `.` or `/`.',
    }),
    device: Type.Optional(
      Type.Union([Type.Literal('gpu'), Type.Literal('cpu'), Type.Literal('cuda'), Type.Literal('webgpu')], {
        description: 'Where the graph runs, cpu by default; gpu tries cuda, then webgpu. Not with a URL.',
      }),
    ),
    workers: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 64 })], {
        description: 'Worker processes, auto by default: one per core on cpu, one otherwise. Not with a URL.',
      }),
    ),
    url: Type.Optional(
      Type.String({ description: 'http://host:port of a worker on another machine, instead of workers on this one.' }),
    ),
    token: Type.Optional(
      Type.String({ pattern: '^[!-~]+$', description: "The remote worker's EMBEDGATE_WORKER_TOKEN." }),
    ),
  },
  { additionalProperties: false },
)

/** An entry with `optional`, which any has. */
export type OnnxEntry = Static<typeof OnnxEntry> & { readonly optional?: boolean }

/** Workers that the gateway starts. */
export interface LocalWorkers {
  readonly device: string
  readonly count: number
}

/** A worker that runs elsewhere. */
export interface RemoteWorker {
  readonly url: WorkerUrl
  readonly token: string | undefined
}

/**
 * Which workers an entry means.
 *
 * @param name of the backend, for messages
 * @throws GatewayError `EG_CONFIG_INVALID` for a URL that is none of a worker, and for keys that do not go together
 */
export const workersOf = (name: string, entry: OnnxEntry): LocalWorkers | RemoteWorker => {
  const { url, token, device = 'cpu', workers = 'auto' } = entry
  const refuse = (key: string, reason: string): never => {
    const param = `backends.${name}.${key}`
    throw new GatewayError('EG_CONFIG_INVALID', `${param}: ${reason}`, { param })
  }
  if (url === undefined) {
    if (token !== undefined) refuse('token', 'is for workers on other machines: give their url, or leave it out')
    return { device, count: workers === 'auto' ? workersFor(device) : workers }
  }
  if (entry.device !== undefined) refuse('device', 'is chosen where the remote worker runs: leave it out')
  if (entry.workers !== undefined)
    refuse('workers', 'a URL is one remote worker: leave it out, and list others in urls')
  try {
    return { url: parseWorkerUrl(url), token }
  } catch (error) {
    return refuse('url', (error as Error).message)
  }
}

const workersFor = (device: string): number => (device === 'cpu' ? availableParallelism() : 1)
