import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { exitOf } from '../../../bench/servers/child.ts'
import { freePort } from '../../../bench/servers/free-port.ts'
import { startGatewayProcess } from '../../../bench/servers/gateway-process.ts'
import { compiled } from '../../../bench/package-root.ts'
import { tokens } from '../load.ts'

/** A process that serves the embedded model to a gateway. */
export interface UpstreamProcess {
  signal(signal: NodeJS.Signals): void
  /** Requests of the load that it has logged; undefined when it logs none. */
  calls?(): number
  /** Ends it at once; resolves when it is gone. */
  kill(): Promise<void>
}

/** A kind of upstream, always on the same port. */
export interface Upstream {
  readonly port: number
  /** Whether its processes tell their calls. */
  readonly logsCalls: boolean
  /** The backend's entry, when the upstream is reached at `port`. */
  entry(port: number): Readonly<Record<string, unknown>>
  start(): Promise<UpstreamProcess>
}

const model = 'all-MiniLM-L6-v2'

/** `embedgate worker` over TCP. */
export const workerUpstream = async (): Promise<Upstream> => {
  const port = await freePort()
  return {
    port,
    logsCalls: false,
    entry: (reachedAt) => ({ kind: 'onnx', model, url: `http://127.0.0.1:${reachedAt}` }),
    start: async () => {
      const child = spawn(
        process.execPath,
        [compiled('gateway/main.js'), 'worker', '--model', model, '--device', 'cpu', '--listen', `127.0.0.1:${port}`],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const lines = createInterface(child.stdout)
      await Promise.race([
        once(lines, 'line'),
        exitOf(child).then((how) => {
          throw new Error(`the worker ended with ${how}`)
        }),
      ])
      return {
        signal: (signal) => void child.kill(signal),
        kill: async () => {
          child.kill('SIGKILL')
          await exitOf(child)
        },
      }
    },
  }
}

/** Another gateway, spoken to in OpenAI's API. */
export const engineUpstream = async (): Promise<Upstream> => {
  const port = await freePort()
  return {
    port,
    logsCalls: true,
    entry: (reachedAt) => ({
      kind: 'openai',
      url: `http://127.0.0.1:${reachedAt}/v1`,
      model,
      dims: 384,
      maxTokens: 256,
    }),
    start: async () => {
      const engine = await startGatewayProcess({
        server: { port },
        backends: { engine: { kind: 'onnx', device: 'cpu', model, workers: 1 } },
        models: { [model]: { chain: ['engine'] } },
      })
      return {
        signal: (signal) => void engine.child.kill(signal),
        calls: () => callsIn(engine.log()),
        kill: async () => {
          engine.child.kill('SIGKILL')
          await engine.stop()
        },
      }
    },
  }
}

/** Its log tells requests of the load from those by which gateways measure it; all that have failed count. */
const callsIn = (log: string): number =>
  log
    .split('\n')
    .filter((line) => line.includes('"/v1/embeddings"'))
    .map((line) => JSON.parse(line) as { status: number; texts?: number; tokens?: number })
    .filter((request) => request.status !== 200 || (request.texts === 1 && request.tokens === tokens)).length
