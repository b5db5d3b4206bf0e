import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../gateway/app.ts'
import { parseConfig } from '../../gateway/config/load.ts'
import { interleave } from '../measure/pair.ts'
import { summarize } from '../measure/statistics.ts'
import { goal, spread } from '../report/format.ts'
import type { Benchmark } from './benchmark.ts'

/** [P1], and what the issue asks of `/metrics`. */
const atMostMs = 100
const sizes = [1, 50] as const

/** What a scrape costs the process: nothing else runs while the text is written. */
export const scrapeBenchmark: Benchmark = {
  id: 'scrape',
  short: true,
  run: async ({ rounds }) => {
    const gateways = await Promise.all(sizes.map(start))
    try {
      const runs = gateways.map(
        ({ app }) =>
          () =>
            timed(app),
      )
      await interleave(5, runs)
      const values = await interleave(rounds * 10, runs)
      const found = await Promise.all(
        gateways.map(async ({ app, backends }, index) => {
          const text = await app.metricsText()
          const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
          return { backends, lines, ms: summarize(values[index] ?? []) }
        }),
      )
      return {
        id: 'scrape',
        title: 'GET /metrics, ms',
        head: ['backends', 'samples', 'ms', 'goal'],
        rows: found.map(({ backends, lines, ms }) => [
          String(backends),
          String(lines),
          spread(ms),
          goal(ms.max, { atMost: atMostMs }),
        ]),
        notes: [
          'In turns, in one process; each backend has a model of its own and has answered. The slowest is judged.',
        ],
        figures: found,
      }
    } finally {
      await Promise.all(gateways.map(({ close }) => close()))
    }
  },
}

const start = async (backends: number) => {
  const names = Array.from({ length: backends }, (_, index) => `engine-${index}`)
  const config = {
    telemetry: { logLevel: 'silent' },
    backends: Object.fromEntries(names.map((name) => [name, { kind: 'synthetic', dims: 8 }])),
    models: Object.fromEntries(names.map((name) => [`model-of-${name}`, { chain: [name] }])),
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'embedgate-scrape-'))
  const app = await buildApp({ ...parseConfig('scrape', JSON.stringify(config), {}).config, dataDir })
  await app.ready()
  for (const name of names) await answered(app, `model-of-${name}`)
  return {
    app,
    backends,
    close: async () => {
      await app.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A backend answers once it has been measured. */
const answered = async (app: FastifyInstance, model: string): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    const { statusCode } = await app.inject({ method: 'POST', url: '/v1/embeddings', payload: { model, input: 'x' } })
    if (statusCode === 200) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`${model} does not answer`)
}

const timed = async (app: FastifyInstance): Promise<number> => {
  const startMs = performance.now()
  const { statusCode } = await app.inject('/metrics')
  if (statusCode !== 200) throw new Error(`/metrics answered ${statusCode}`)
  return performance.now() - startMs
}
