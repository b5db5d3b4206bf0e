import type { FastifyInstance } from 'fastify'
import type { ComponentHealth, HealthComponent } from './component.ts'

/** From here on the gateway is not ready: new work would meet the kernel's out-of-memory killer. */
const memoryReadyRatio = 0.9

/**
 * Memory under nine tenths of its limit. Both are metrics too: `memory_limit_bytes`, and as kind `working_set` of
 * `memory_usage_bytes` what is compared with it, workers included where they share a cgroup.
 */
export const memoryComponent = ({ meter, pressure: { memory } }: FastifyInstance): HealthComponent => {
  const gauge = meter.gauge('memory_limit_bytes', 'Memory that there is to use, by cgroup or machine.', ['process'])
  gauge({ process: 'gateway' })(memory.limit.bytes)
  const usage = meter.gauge('memory_usage_bytes', 'Memory by process and kind.', ['process', 'kind'])
  const workingSet = usage({ process: 'gateway', kind: 'working_set' })
  meter.onScrape(() => workingSet(memory.usedBytes()))
  return {
    name: 'memory',
    ready: true,
    check: () => memoryHealth(memory.usedBytes(), memory.limit.bytes, memory.limit.source),
  }
}

/** The judgement on memory: facts, and not ok from nine tenths of the limit. */
export const memoryHealth = (usedBytes: number, limitBytes: number, source: string): ComponentHealth => {
  const ok = usedBytes < memoryReadyRatio * limitBytes
  const percent = Math.round((100 * usedBytes) / limitBytes)
  const facts = { usedBytes, limitBytes, limitFrom: source, gatewayRssBytes: process.memoryUsage.rss() }
  return ok ? { ok, facts } : { ok, detail: `${percent} % of the memory limit is in use`, facts }
}

/** The delay of the event loop lately. Shown, never a reason to be unready: the gateway sheds by it. */
export const eventLoopComponent = ({ pressure: { loopDelay } }: FastifyInstance): HealthComponent => ({
  name: 'eventLoop',
  ready: false,
  check: () => ({ ok: true, facts: { delayP50Ms: loopDelay.percentile(0.5), delayP99Ms: loopDelay.percentile(0.99) } }),
})

/** Open connections, and how many there may be. Shown: the one that is too many is closed at once. */
export const connectionsComponent = ({ server, pressure }: FastifyInstance): HealthComponent => ({
  name: 'connections',
  ready: false,
  check: () =>
    new Promise((resolve, reject) => {
      server.getConnections((error, open) => {
        if (error) return reject(error)
        const most = pressure.connectionLimit
        const ok = open < most
        resolve({ ok, ...(!ok && { detail: 'new connections are closed at once' }), facts: { open, most } })
      })
    }),
})
