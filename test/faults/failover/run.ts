import { setTimeout as sleep } from 'node:timers/promises'
import { startGatewayProcess, type GatewayProcess } from '../../../bench/servers/gateway-process.ts'
import { startLoad, type Load, type Outcome } from '../load.ts'
import type { Reference } from '../reference.ts'
import { scrape, untilMetrics, type Scraped } from '../scrape.ts'
import { twoTiers } from './two-tiers.ts'
import { firstTier, secondTier, type FirstTier, type Scenario } from './first-tier.ts'

const requestsPerSecond = 25
/** How long all is well before the next loss, and how long what does not repair itself stays broken. */
const pace = { calmMs: 500, brokenMs: 2_000 } as const
/** The longest wait for a tier to be lost, and to be used again: restarts back off up to 10 s, starts up to 30 s. */
const patienceMs = 60_000

/** How one loss went. */
export interface Loss {
  /** From the fault to the start of the first request that another tier answered. */
  readonly untilLostMs: number
  /** From the repair (of what the gateway repairs: from the loss) to the start of the first request that it answered again. */
  readonly untilUsedMs: number
}

/** What a scenario found. */
export interface FailoverResult {
  readonly scenario: string
  readonly outcomes: readonly Outcome[]
  readonly losses: readonly Loss[]
  readonly wrong: readonly string[]
  readonly tiers: readonly TierCalls[]
  /** Calls that the first tier counted itself. */
  readonly firstTierCounted: number | undefined
}

/** How often a tier was called. */
export interface TierCalls {
  readonly tier: string
  /** Requests that were not kept from it. */
  readonly reached: number
  /** Tries that the gateway made. */
  readonly calls: number
}

/** Reasons for which `degrade` goes past a tier without calling it. */
const skipReasons = ['starting', 'probing', 'absent', 'down', 'drifted', 'closed', 'looked_for', 'breaker_open']

/**
 * Runs a gateway under load, and takes its first tier away and lets it come back `times` times in a row.
 *
 * @param reference tells which vectors are wrong
 * @throws when the tier is not lost, or not used again, within a minute
 */
export const runFailover = async (scenario: Scenario, times: number, reference: Reference): Promise<FailoverResult> => {
  const tier = await scenario.start()
  try {
    const gateway = await startGatewayProcess(twoTiers(tier.entry))
    try {
      await untilMetrics(gateway.url, (metrics) => metrics.sum('chain_available_tiers') === 2)
      const load = startLoad(gateway.url, requestsPerSecond)
      const losses: Loss[] = []
      try {
        for (let time = 0; time < times; time++) losses.push(await loseOnce(tier, gateway, load))
      } finally {
        await load.stop()
      }
      const metrics = await scrape(gateway.url)
      const counted = tier.calls?.()
      const { outcomes } = load
      return {
        scenario: scenario.name,
        outcomes,
        losses,
        wrong: await reference.wrong(outcomes),
        tiers: tierCalls(metrics, outcomes),
        firstTierCounted: counted,
      }
    } finally {
      await gateway.stop()
    }
  } finally {
    await tier.stop()
  }
}

const loseOnce = async (tier: FirstTier, gateway: GatewayProcess, load: Load): Promise<Loss> => {
  await sleep(pace.calmMs)
  const brokenMs = performance.now()
  await tier.lose(gateway)
  const lostMs = await untilAnsweredBy(load, secondTier, brokenMs)
  if (tier.mend) await sleep(pace.brokenMs)
  const mendedMs = tier.mend ? performance.now() : lostMs
  await tier.mend?.()
  const usedMs = await untilAnsweredBy(load, firstTier, mendedMs)
  return { untilLostMs: lostMs - brokenMs, untilUsedMs: usedMs - mendedMs }
}

/** Resolves with the start of the first request since `sinceMs` that `backend` answered. */
const untilAnsweredBy = async (load: Load, backend: string, sinceMs: number): Promise<number> => {
  const limitMs = performance.now() + patienceMs
  while (performance.now() < limitMs) {
    const found = load.outcomes.find((each) => each.startMs >= sinceMs && each.backend === backend)
    if (found) return found.startMs
    await sleep(20)
  }
  throw new Error(`${backend} has answered nothing for a minute`)
}

const tierCalls = (metrics: Scraped, outcomes: readonly Outcome[]): readonly TierCalls[] => {
  const failed = outcomes.filter(({ status }) => status !== 200).length
  const skipped = metrics.sum('degraded_total', { from: firstTier, reason: skipReasons })
  const fallen = metrics.sum('degraded_total', { to: secondTier })
  const calls = (backend: string): number => metrics.sum('backend_requests_total', { backend })
  return [
    { tier: firstTier, reached: outcomes.length - skipped, calls: calls(firstTier) },
    { tier: secondTier, reached: fallen + failed, calls: calls(secondTier) },
  ]
}
