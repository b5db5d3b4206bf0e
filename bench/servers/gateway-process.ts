import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { compiled } from '../package-root.ts'
import { exitOf, stopChild } from './child.ts'
import { freePort } from './free-port.ts'

/** A running gateway, as `embedgate serve` starts it. */
export interface GatewayProcess {
  readonly url: string
  readonly child: ChildProcess
  /** From the start of the process until it said that it was ready. */
  readonly readyMs: number
  /** What it has logged so far. */
  log(): string
  /** Stops it and waits until it is gone. */
  stop(): Promise<void>
}

const startLimitMs = 60_000
const pollMs = 20

/**
 * Starts a gateway and waits until it is ready. Its log goes to a file: logging costs what it costs in production.
 *
 * @param configuration all but where its data goes; it listens on a free port unless this names one
 * @throws with the end of its log when it is not ready in a minute
 */
export const startGatewayProcess = async (
  configuration: Readonly<Record<string, unknown>> & {
    readonly server?: { readonly port?: number; readonly requestTimeoutMs?: number }
  },
): Promise<GatewayProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-bench-'))
  const port = configuration.server?.port ?? (await freePort())
  const server = { ...configuration.server, port }
  // JSON is YAML.
  writeFileSync(
    join(folder, 'embedgate.yaml'),
    JSON.stringify({ admin: { port: 0 }, ...configuration, server, dataDir: join(folder, 'data') }),
  )
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
    log: readLog,
    stop: async () => {
      await stopChild(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

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
