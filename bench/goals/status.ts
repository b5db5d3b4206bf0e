import { buildApp } from '../../gateway/app.ts'
import { parseConfig } from '../../gateway/config/load.ts'
import { computed } from '../../gateway/core/embeddings.ts'
import type { EmbedFn } from '../../gateway/core/layer.ts'
import type { Model } from '../../gateway/core/model.ts'
import { systemClock } from '../../gateway/core/clock.ts'
import { batchOf, callOf } from '../../gateway/testing/calls.ts'
import { fakeClock } from '../../gateway/testing/fake-clock.ts'
import { events } from '../../plugins/status/events.ts'
import { lastErrors } from '../../plugins/status/last-errors.ts'
import { observeTrail } from '../../plugins/status/observe-trail.ts'
import { traffic, type Traffic } from '../../plugins/status/traffic.ts'
import { interleave } from '../measure/pair.ts'
import { summarize } from '../measure/statistics.ts'
import { goal, spread } from '../report/format.ts'
import type { Benchmark } from './benchmark.ts'

const callsPerRound = 100_000
const reportsPerRound = 20
const backends = 50
/** What the status page may add to a request that nobody looks at. */
const requestAtMostUs = 1
/** `/admin/status` with 50 backends and 15 minutes of samples. */
const reportAtMostMs = 10

/** What the status page costs: each request, and one report. */
export const statusBenchmark: Benchmark = {
  id: 'status',
  short: true,
  run: async ({ rounds, long }) => {
    const counted = traffic(systemClock, 11)
    const observed = observeTrail(events(systemClock, 100), lastErrors(systemClock))(answer, { model: {} as Model })
    const app = await manyBackends()
    try {
      const measures = [
        { name: 'a request counted and timed, us', atMost: requestAtMostUs, run: () => timedCounts(counted) },
        { name: 'an answer looked at, us', atMost: requestAtMostUs, run: () => timedCalls(observed, answer) },
        {
          name: `a report on ${backends} backends, over HTTP, ms`,
          atMost: reportAtMostMs,
          run: () => timedReports(app),
        },
      ]
      const runs = measures.map(({ run }) => run)
      // The first turns are the compiler's.
      await interleave(3, runs)
      const values = await interleave(long ? rounds * 10 : rounds * 3, runs)
      const found = measures.map(({ name, atMost }, index) => ({ name, atMost, value: summarize(values[index] ?? []) }))
      return {
        id: 'status',
        title: 'Status page',
        head: ['what', 'cost', 'goal'],
        rows: found.map(({ name, atMost, value }) => [name, spread(value), goal(value.median, { atMost })]),
        notes: ['In turns, in one process. Of a look the same call without it is taken away.'],
        figures: found,
      }
    } finally {
      await app.close()
    }
  },
}

const row = computed(new Float32Array([1]), 1, [1])
const answer: EmbedFn = () => Promise.resolve(row)

const timedCounts = (counted: Pick<Traffic, 'ended'>): number => {
  const startMs = performance.now()
  for (let count = 0; count < callsPerRound; count++) counted.ended(200, count % 1_000)
  return ((performance.now() - startMs) * 1_000) / callsPerRound
}

const timedCalls = async (embed: EmbedFn, bare: EmbedFn): Promise<number> => {
  const batch = batchOf(['text'])
  const call = callOf()
  const timed = async (each: EmbedFn): Promise<number> => {
    const startMs = performance.now()
    for (let count = 0; count < callsPerRound; count++) await each(batch, call)
    return performance.now() - startMs
  }
  const bareMs = await timed(bare)
  const us = (((await timed(embed)) - bareMs) * 1_000) / callsPerRound
  call.release()
  return Math.max(0, us)
}

type App = Awaited<ReturnType<typeof buildApp>>

const manyBackends = async (): Promise<App> => {
  const names = Array.from({ length: backends }, (_, index) => `backend-${index}`)
  const yaml = `
admin: { port: 0 }
telemetry: { logLevel: silent }
backends: { ${names.map((name) => `${name}: { kind: synthetic }`).join(', ')} }
models: { ${names.map((name) => `model-${name}: { chain: [${name}] }`).join(', ')} }
`
  const clock = fakeClock()
  const app = await buildApp(parseConfig('bench.yaml', yaml, {}).config, { clock })
  await app.ready()
  for (let second = 0; second < 15 * 60; second++) await clock.advance(1_000)
  return app
}

const timedReports = async (app: App): Promise<number> => {
  const startMs = performance.now()
  for (let count = 0; count < reportsPerRound; count++) {
    const { statusCode } = await app.admin.inject('/admin/status')
    if (statusCode !== 200) throw new Error(`the status page answers ${statusCode}`)
  }
  return (performance.now() - startMs) / reportsPerRound
}
