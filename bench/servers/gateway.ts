import { dims } from '../model.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import type { Server } from './server.ts'

/** A gateway with everything on that is on by default. */
export type GatewayServer = Server & GatewayProcess

/** What differs from the defaults. */
export interface GatewayOptions {
  readonly encoding?: 'base64' | 'float'
  /** Deadline of a request. Throughput runs set it long: a slow machine must not turn them into a measurement of shedding. */
  readonly requestTimeoutMs?: number
  /** Bound of the memory tier of the result cache. */
  readonly cacheBytes?: number
  /** Where an engine is that computes in place of the embedded model. */
  readonly remote?: string
}

/**
 * Starts a gateway with the embedded model on all cores and waits until it is ready.
 *
 * @throws with the end of its log when it is not ready in a minute
 */
export const startGateway = async (options: GatewayOptions = {}): Promise<GatewayServer> => {
  const gateway = await startGatewayProcess({
    ...(options.requestTimeoutMs === undefined ? {} : { server: { requestTimeoutMs: options.requestTimeoutMs } }),
    backends: {
      cpu: computing(options),
      cached: { kind: 'cached' },
    },
    models: { 'all-MiniLM-L6-v2': { chain: ['cpu', 'cached'] } },
    ...(options.cacheBytes === undefined ? {} : { cache: { memoryBytes: options.cacheBytes } }),
  })
  const { pid } = gateway.child
  return {
    ...gateway,
    target: { kind: 'openai', urls: [gateway.url], encoding: options.encoding ?? 'base64' },
    pids: pid === undefined ? [] : [pid],
  }
}

const computing = ({ remote }: GatewayOptions): object =>
  remote === undefined
    ? { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2' }
    : { kind: 'openai', url: `${remote}/v1`, model: 'upstream', dims }
