import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../../gateway/app.ts'
import { loadConfig } from '../../gateway/config/load.ts'
import { openCall, type CacheDirective } from '../../gateway/core/call.ts'
import { systemClock } from '../../gateway/core/clock.ts'
import { deadlineIn } from '../../gateway/core/deadline.ts'
import type { EmbedFn } from '../../gateway/core/layer.ts'
import type { ServedModel } from '../../gateway/core/served-model.ts'
import { instant } from '../gateways/instant-backend.ts'
import { interleave } from '../measure/pair.ts'
import { summarize } from '../measure/statistics.ts'
import { compiled } from '../package-root.ts'
import { digits, goal, spread } from '../report/format.ts'
import type { Benchmark } from './benchmark.ts'

/** Calls of one turn, one after the other: about a second. */
const callsPerTurn = 30_000
const textBytes = 80
const atMostUs = 20

/** What all layers together cost a request, in front of an engine that costs nothing. */
export const layersBenchmark: Benchmark = {
  id: 'layers',
  short: true,
  run: async ({ rounds }) => {
    const folder = mkdtempSync(join(tmpdir(), 'embedgate-bench-'))
    const app = await buildApp(configuration(folder))
    try {
      await app.ready()
      const served = app.models.find('instant')
      if (!served) throw new Error('the model is not served')
      await untilServing(served)
      const ways = [
        ['the engine alone', () => cpuUs(instant, served, 'no-store')],
        ['all layers, `no-store`', () => cpuUs(served.embed, served, 'no-store')],
        ['all layers, looked up and stored', () => cpuUs(served.embed, served, 'default')],
      ] as const
      for (const [, measure] of ways) await measure()
      const values = await interleave(
        rounds * 3,
        ways.map(([, measure]) => measure),
      )
      const us = values.map((value) => summarize(value))
      const alone = us[0]?.median ?? Number.NaN
      return {
        id: 'layers',
        title: 'CPU of all layers together, us a request of one text, no HTTP',
        head: ['way', 'us', 'less the engine alone', 'goal'],
        rows: ways.map(([name], index) => {
          const own = (us[index]?.median ?? Number.NaN) - alone
          return [
            name,
            us[index] ? spread(us[index]) : '',
            digits(own),
            index === 0 ? '' : goal(own, { atMost: atMostUs }),
          ]
        }),
        notes: [
          `Every text is new, of ${textBytes} bytes. Two computing tiers, breakers, limits, retries and metrics on.`,
        ],
        figures: us,
      }
    } finally {
      await app.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

const configuration = (folder: string) => {
  const path = join(folder, 'embedgate.yaml')
  const plugin = compiled('bench/gateways/instant-backend.js')
  const config = {
    dataDir: folder,
    telemetry: { logLevel: 'silent' },
    backends: { first: { kind: 'instant' }, second: { kind: 'instant' }, cached: { kind: 'cached' } },
    models: { instant: { chain: ['first', 'second', 'cached'] } },
    plugins: [plugin],
  }
  writeFileSync(path, JSON.stringify(config))
  return loadConfig(path).config
}

const untilServing = async (served: ServedModel): Promise<void> => {
  while (!served.tiers()[0]?.available) await new Promise((resolve) => setImmediate(resolve))
}

let texts = 0

const cpuUs = async (embed: EmbedFn, { model }: ServedModel, cache: CacheDirective): Promise<number> => {
  const batch = { truncate: true, space: model.spaceId, minParity: model.minParity }
  const startedUs = process.cpuUsage()
  for (let count = 0; count < callsPerTurn; count++) {
    const text = String(texts++).padEnd(textBytes, ' a text')
    const facts = { requestId: 'bench', tenant: 'default', cache }
    const call = openCall(systemClock, facts, 'interactive', deadlineIn(systemClock, 10_000))
    await embed({ ...batch, texts: [text] }, call)
    call.release()
  }
  const { user, system } = process.cpuUsage(startedUs)
  return (user + system) / callsPerTurn
}
