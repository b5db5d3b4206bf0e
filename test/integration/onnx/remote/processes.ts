import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A worker in a process of its own, on a loopback port. */
export interface WorkerOnTcp {
  readonly url: string
  readonly port: number
  readonly child: ChildProcess
  /** Its exit code; null after a signal that it does not handle. */
  readonly ended: Promise<number | null>
}

const root = new URL('../../../../', import.meta.url)
const programs = {
  real: [fileURLToPath(new URL('dist/gateway/main.js', root)), 'worker'],
  fake: [fileURLToPath(new URL('test/fixtures/fake-worker/main.mjs', root))],
} as const

/** What differs from a worker of the embedded model on a free port. */
export interface WorkerFacts {
  readonly program?: keyof typeof programs
  readonly model?: string
  readonly port?: number
  readonly token?: string
}

/** Starts a worker and waits until it says where it listens. */
export const startOnTcp = async (facts: WorkerFacts = {}): Promise<WorkerOnTcp> => {
  const { program = 'real', model = 'all-MiniLM-L6-v2', port = 0, token } = facts
  const flags = ['--model', model, '--device', 'cpu', '--listen', `127.0.0.1:${port}`]
  const child = spawn(process.execPath, [...programs[program], ...flags], {
    env: { ...process.env, EMBEDGATE_WORKER_TOKEN: token ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/\S+:(\d+)/.exec(line)
    if (url) return { url: url[0], port: Number(url[1]), child, ended }
  }
  throw new Error(`the worker ended with ${await ended}`)
}

/** Ends a worker at once, however it is. */
export const kill = async ({ child, ended }: WorkerOnTcp): Promise<void> => {
  child.kill('SIGKILL')
  await ended
}

/** A worker that ends with the test. */
export const workerOnTcp = async (facts?: WorkerFacts): Promise<WorkerOnTcp> => {
  const worker = await startOnTcp(facts)
  onTestFinished(() => kill(worker))
  return worker
}
