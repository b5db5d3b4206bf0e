import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp, type AppOptions } from '../../gateway/app.ts'
import { parseConfig } from '../../gateway/config/load.ts'

/** A gateway in this process, listening on a free loopback port. */
export interface TestGateway extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly url: string
  close(): Promise<void>
}

/** The processor alone, in one worker: what most tests need. */
export const cpuOnly = `
backends:
  cpu: { kind: onnx, device: cpu, model: all-MiniLM-L6-v2, workers: 2 }
  cached: { kind: cached }
models:
  all-MiniLM-L6-v2: { chain: [cpu, cached], aliases: [minilm] }
`

/** Starts a gateway from the text of a configuration file, and waits until it is ready unless told otherwise. */
export const startGateway = async (
  yaml = cpuOnly,
  options: AppOptions & { readonly untilReady?: boolean } = {},
): Promise<TestGateway> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedgate-test-'))
  const { config } = parseConfig('test.yaml', yaml, {})
  const app = await buildApp({ ...config, dataDir, telemetry: { ...config.telemetry, logLevel: 'silent' } }, options)
  const close = async (): Promise<void> => {
    await app.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    if (options.untilReady !== false) await untilReady(url)
    return { app, url, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Polls `/health/ready` until it answers 200. */
export const untilReady = async (url: string, limitMs = 30_000): Promise<void> => {
  await until(async () => (await fetch(`${url}/health/ready`)).ok, limitMs)
}

/** Polls `condition` every 50 ms until it holds. */
export const until = async (condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> => {
  const endMs = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`not so within ${limitMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** What the gateway answered; the body is whatever JSON it was, for tests to look into. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

/** Sends JSON and reads JSON. */
export const post = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
