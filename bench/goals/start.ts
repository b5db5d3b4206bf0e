import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { interleave } from '../measure/pair.ts'
import { summarize } from '../measure/statistics.ts'
import { compiled, packageRoot } from '../package-root.ts'
import { spread } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { exitOf } from '../servers/child.ts'
import { freePort } from '../servers/free-port.ts'
import type { Benchmark } from './benchmark.ts'

/** Whatever the settings: the median of five. */
const starts = 5
const limitMs = 60_000

/** How long a newcomer waits: from the start of the process to the first vector. */
export const startBenchmark: Benchmark = {
  id: 'start',
  short: true,
  run: async () => {
    const ways: { name: string; command: (port: number) => [string, string[]] }[] = [
      {
        name: 'node dist/gateway/main.js serve',
        command: (port) => [
          process.execPath,
          [compiled('gateway/main.js'), 'serve', '--port', String(port), '--admin-port', '0'],
        ],
      },
    ]
    if (existsSync(join(packageRoot, 'tsconfig.build.json')))
      ways.push({
        name: 'npm start',
        command: (port) => ['npm', ['start', '--', '--port', String(port), '--admin-port', '0']],
      })
    const values = await interleave(
      starts,
      ways.map(({ name, command }) => async (round: number) => {
        const ms = await firstEmbeddingMs(command)
        progress(`${name}, ${round + 1} of ${starts}: ${Math.round(ms)} ms`)
        return ms
      }),
    )
    const found = ways.map(({ name }, index) => ({ name, ms: summarize(values[index] ?? []) }))
    return {
      id: 'start',
      title: 'From the command to the first embedding, ms',
      head: ['command', 'median (range)'],
      rows: found.map(({ name, ms }) => [name, spread(ms)]),
      notes: [
        'A new process each time; the files were in the page cache. npm start first checks that the build is current.',
      ],
      figures: found,
    }
  },
}

const firstEmbeddingMs = async (command: (port: number) => [string, string[]]): Promise<number> => {
  const port = await freePort()
  const [program, args] = command(port)
  const startMs = performance.now()
  // A group of its own: npm puts a shell between us and the gateway.
  const child = spawn(program, args, { cwd: packageRoot, stdio: 'ignore', detached: true })
  const stop = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, signal)
  }
  try {
    while (performance.now() - startMs < limitMs) {
      if (await answers(port)) return performance.now() - startMs
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
      await sleep(10)
    }
    throw new Error('no embedding in a minute')
  } finally {
    stop('SIGTERM')
    const timer = setTimeout(() => stop('SIGKILL'), limitMs)
    await exitOf(child)
    clearTimeout(timer)
  }
}

const answers = async (port: number): Promise<boolean> => {
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"all-MiniLM-L6-v2","input":"the first text"}',
    })
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}
