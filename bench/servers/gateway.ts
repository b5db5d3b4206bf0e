import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { dims } from '../model.ts'
import { compiled } from '../package-root.ts'
import { exitOf, stopChild } from './child.ts'
import { freePort } from './free-port.ts'
import type { Server } from './server.ts'

/** A running gateway, as `embedgate serve` starts it, with everything on that is on by default. */
export interface GatewayServer extends Server {
  readonly url: string
  readonly child: ChildProcess
  /** From the start of the process until it said that it was ready. */
  readonly readyMs: number
  /** What it has logged so far. */
  log(): string
}

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

const startLimitMs = 60_000
const pollMs = 20

/**
 * Starts a gateway with the embedded model on all cores and waits until it is ready. Its log goes to a file: logging
 * costs what it costs in production.
 *
 * @throws with the end of its log when it is not ready in a minute
 */
export const startGateway = async (options: GatewayOptions = {}): Promise<GatewayServer> => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-bench-'))
  const port = await freePort()
  writeFileSync(join(folder, 'embedgate.yaml'), configuration(folder, port, options))
  const logFile = join(folder, 'log')
  const log = openSync(logFile, 'w')
  const startMs = performance.now()
  const child = spawn(
    process.execPath,
    [compiled('gateway/main.js'), 'serve', '--config', join(folder, 'embedgate.yaml')],
    {
      stdio: ['ignore', log, log],
      cwd: folder,
    },
  )
  closeSync(log)
  const url = `http://127.0.0.1:${port}`
  const readLog = (): string => readFileSync(logFile, 'utf8')
  try {
    await untilReady(child, url, startMs + startLimitMs)
  } catch (error) {
    await stopChild(child)
    throw new Error(`${(error as Error).message}; its log ends with:\n${readLog().slice(-2000)}`, { cause: error })
  }
  return {
    url,
    child,
    readyMs: performance.now() - startMs,
    target: { kind: 'openai', urls: [url], encoding: options.encoding ?? 'base64' },
    pids: child.pid === undefined ? [] : [child.pid],
    log: readLog,
    stop: async () => {
      await stopChild(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** JSON is YAML. */
const configuration = (folder: string, port: number, options: GatewayOptions): string =>
  JSON.stringify({
    server: { port, ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }) },
    dataDir: join(folder, 'data'),
    backends: {
      cpu: computing(options),
      cached: { kind: 'cached' },
    },
    models: { 'all-MiniLM-L6-v2': { chain: ['cpu', 'cached'] } },
    ...(options.cacheBytes === undefined ? {} : { cache: { memoryBytes: options.cacheBytes } }),
  })

const computing = ({ remote }: GatewayOptions): object =>
  remote === undefined
    ? { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2' }
    : { kind: 'openai', url: `${remote}/v1`, model: 'upstream', dims }

const untilReady = async (child: ChildProcess, url: string, limitMs: number): Promise<void> => {
  const ended = exitOf(child).then((how) => {
    throw new Error(`the gateway ended with ${how}`)
  })
  const ready = async (): Promise<void> => {
    while (performance.now() < limitMs) {
      const status = await request(`${url}/health/ready`).then(
        async ({ statusCode, body }) => body.dump().then(() => statusCode),
        () => 0,
      )
      if (status === 200) return
      await sleep(pollMs)
    }
    throw new Error('the gateway was not ready in time')
  }
  await Promise.race([ready(), ended])
}
