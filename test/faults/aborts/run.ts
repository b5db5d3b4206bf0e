import { setTimeout as sleep } from 'node:timers/promises'
import { startGatewayProcess } from '../../../bench/servers/gateway-process.ts'
import { startLoad, type Load } from '../load.ts'
import { scrape, untilMetrics, type Scraped } from '../scrape.ts'
import { stages, type Stage } from './stages.ts'

/** What became of the requests whose callers left at one stage. */
export interface StageResult {
  readonly stage: string
  readonly aborted: number
  /** Texts that were computed for nobody. */
  readonly wasted: number
  /** Of each wave, until the gauges knew of none of them any more. */
  readonly forgottenMs: readonly number[]
}

/** What all aborts have left behind. */
export interface AbortsResult {
  readonly stages: readonly StageResult[]
  /** Requests that the gateway counted as left by their caller. */
  readonly counted: number
  /** Answers of 5xx, to anybody. */
  readonly serverErrors: number
  readonly breakerTransitions: number
  /** Requests, calls and tokens that are still there. */
  readonly left: number
  /** Requests of others, sent all the while, and those of them that were not answered. */
  readonly others: { readonly sent: number; readonly failed: number }
}

/** Long: a slow machine must not turn this into a measurement of shedding. */
const deadlineMs = 60_000
const othersPerSecond = 5
/** Workers are asked for their numbers every 500 ms. */
const statsMs = 1_000
const route = '/v1/embeddings'

/** Runs a gateway with one worker, and lets `count` callers leave, a third at each stage. */
export const runAborts = async (count: number): Promise<AbortsResult> => {
  const gateway = await startGatewayProcess({
    server: { requestTimeoutMs: deadlineMs },
    backends: { cpu: { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2', workers: 1 } },
    models: { 'all-MiniLM-L6-v2': { chain: ['cpu'] } },
  })
  const { url } = gateway
  try {
    const others = startLoad(url, othersPerSecond)
    const results: StageResult[] = []
    for (const stage of stages) results.push(await abortAt(stage, url, Math.ceil(count / stages.length), others))
    await others.stop()
    await untilMetrics(url, (metrics) => leftIn(metrics) === 0)
    const metrics = await scrape(url)
    return {
      stages: results,
      counted: metrics.sum('requests_total', { route, status: '499' }),
      serverErrors: metrics.sum('requests_total', { route, status: ['500', '502', '503', '504'] }),
      breakerTransitions: metrics.sum('circuit_breaker_transitions_total'),
      left: leftIn(metrics),
      others: {
        sent: others.outcomes.length,
        failed: others.outcomes.filter(({ status }) => status !== 200).length,
      },
    }
  } finally {
    await gateway.stop()
  }
}

const leftIn = (metrics: Scraped): number =>
  metrics.sum('requests_in_flight', { route }) + metrics.sum('backend_in_flight') + metrics.sum('backend_queue_tokens')

const abortAt = async (stage: Stage, url: string, count: number, others: Load): Promise<StageResult> => {
  const computed = async (): Promise<number> => {
    await sleep(statsMs)
    return (await scrape(url)).sum('batch_size_sum') - others.outcomes.length
  }
  const before = await computed()
  const forgottenMs: number[] = []
  let othersTexts = 0
  for (let aborted = 0; aborted < count;) {
    const size = Math.min(stage.waveSize, count - aborted)
    const wave = await stage.begin(url, size)
    wave.callers.leave()
    forgottenMs.push(
      await untilMetrics(url, (metrics) => {
        const strangers = others.running() + wave.others.requests
        return (
          metrics.sum('requests_in_flight', { route }) <= strangers && metrics.sum('backend_in_flight') <= strangers
        )
      }),
    )
    await wave.over()
    othersTexts += wave.others.texts
    aborted += size
  }
  return { stage: stage.name, aborted: count, wasted: (await computed()) - before - othersTexts, forgottenMs }
}
