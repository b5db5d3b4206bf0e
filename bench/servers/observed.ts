import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { startProgram } from './program.ts'
import { compiled } from '../package-root.ts'
import type { Server } from './server.ts'

/** What a gateway tells of itself. */
export interface ObservedOptions {
  readonly name: string
  readonly without: readonly ('metrics' | 'logs')[]
  /** The share of requests that are traced; undefined: tracing is off. */
  readonly sampled?: number
  /** Where spans go. */
  readonly collector: string
  readonly patienceMs: number
}

/** Served by an engine that costs nothing. */
export const instantModel = 'instant'
/** Served by one worker. */
export const realModel = 'all-MiniLM-L6-v2'

/** A gateway with one worker. */
export interface ObservedServer extends Server {
  readonly name: string
  readonly url: string
}

const readyMs = 60_000

/** Starts a gateway whose metrics, logs and traces are on or off as the options say, and waits until it is ready. */
export const startObserved = async (options: ObservedOptions): Promise<ObservedServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-bench-'))
  const path = join(folder, 'embedgate.yaml')
  const config = {
    dataDir: join(folder, 'data'),
    server: { requestTimeoutMs: options.patienceMs },
    backends: {
      cpu: { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2', workers: 1 },
      instant: { kind: 'instant' },
      cached: { kind: 'cached' },
    },
    models: { [instantModel]: { chain: ['instant', 'cached'] }, [realModel]: { chain: ['cpu', 'cached'] } },
    plugins: [compiled('bench/gateways/instant-backend.js')],
  }
  writeFileSync(path, JSON.stringify(config))
  const output = openSync(join(folder, 'log'), 'w')
  const env = options.sampled === undefined ? {} : variables(options.collector, options.sampled)
  const program = await startProgram('bench/gateways/observed.js', [path, ...options.without], { env, output })
  closeSync(output)
  const { pid } = program.child
  const stop = async (): Promise<void> => {
    await program.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilReady(program.url)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: options.name,
    url: program.url,
    target: { kind: 'openai', urls: [program.url], encoding: 'base64' },
    pids: pid === undefined ? [] : [pid],
    stop,
  }
}

const variables = (collector: string, sampled: number): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
  OTEL_TRACES_SAMPLER_ARG: String(sampled),
})

const untilReady = async (url: string): Promise<void> => {
  const endMs = performance.now() + readyMs
  while (performance.now() < endMs) {
    const { statusCode, body } = await request(`${url}/health/ready`)
    await body.dump()
    if (statusCode === 200) return
    await sleep(50)
  }
  throw new Error('the gateway was not ready in time')
}
