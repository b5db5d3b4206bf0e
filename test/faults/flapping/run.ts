import { setTimeout as sleep } from 'node:timers/promises'
import { startGatewayProcess } from '../../../bench/servers/gateway-process.ts'
import { firstTier } from '../failover/first-tier.ts'
import { twoTiers } from '../failover/two-tiers.ts'
import { engineUpstream } from '../failover/upstream.ts'
import { startLoad, type Outcome } from '../load.ts'
import { scrape, untilMetrics } from '../scrape.ts'
import { openTcpProxy } from '../tcp-proxy.ts'

/** What became of a gateway whose first tier came and went. */
export interface FlappingResult {
  readonly seconds: number
  readonly outcomes: readonly Outcome[]
  /** Times the breaker let a probe through after it had been open. */
  readonly halfOpened: number
  /** Times it closed. */
  readonly closed: number
}

/** How long the engine is there, and then not. */
const phaseMs = 500
const requestsPerSecond = 25

/** Runs a gateway under load for so long, while the engine of its first tier is reset and comes back again and again. */
export const runFlapping = async (seconds: number): Promise<FlappingResult> => {
  const upstream = await engineUpstream()
  const engine = await upstream.start()
  const proxy = await openTcpProxy({ host: '127.0.0.1', port: upstream.port })
  try {
    const gateway = await startGatewayProcess(twoTiers(upstream.entry(proxy.port)))
    try {
      await untilMetrics(gateway.url, (metrics) => metrics.sum('chain_available_tiers') === 2)
      const load = startLoad(gateway.url, requestsPerSecond)
      const startMs = performance.now()
      const endMs = startMs + seconds * 1_000
      while (performance.now() < endMs) {
        await proxy.set({ connections: 'reset' })
        await sleep(phaseMs)
        await proxy.set({})
        await sleep(phaseMs)
      }
      const metrics = await scrape(gateway.url)
      const ranMs = performance.now() - startMs
      await load.stop()
      const transitions = (from: string, to: string): number =>
        metrics.sum('circuit_breaker_transitions_total', { backend: firstTier, from, to })
      return {
        seconds: ranMs / 1_000,
        outcomes: load.outcomes,
        halfOpened: transitions('open', 'half-open'),
        closed: transitions('half-open', 'closed'),
      }
    } finally {
      await gateway.stop()
    }
  } finally {
    await proxy.close()
    await engine.kill()
  }
}
