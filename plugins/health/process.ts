import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import type { Meter } from '../../gateway/core/meter.ts'
import type { ComponentHealth, HealthComponent } from './component.ts'
import { memoryInUseBytes, memoryLimit } from './memory.ts'

/** From here on the gateway is not ready: new work would meet the kernel's out-of-memory killer. */
const memoryReadyRatio = 0.9

/** Memory under nine tenths of its limit; the limit also as `memory_limit_bytes`. */
export const memoryComponent = (meter: Meter): HealthComponent => {
  const limit = memoryLimit()
  const gauge = meter.gauge('memory_limit_bytes', 'Memory that there is to use, by cgroup or machine.', ['process'])
  gauge({ process: 'gateway' })(limit.bytes)
  return {
    name: 'memory',
    ready: true,
    check: () => memoryHealth(memoryInUseBytes(limit), limit.bytes, limit.source),
  }
}

/** The judgement on memory: facts, and not ok from nine tenths of the limit. */
export const memoryHealth = (usedBytes: number, limitBytes: number, source: string): ComponentHealth => {
  const ok = usedBytes < memoryReadyRatio * limitBytes
  const percent = Math.round((100 * usedBytes) / limitBytes)
  const facts = { usedBytes, limitBytes, limitFrom: source, gatewayRssBytes: process.memoryUsage.rss() }
  return ok ? { ok, facts } : { ok, detail: `${percent} % of the memory limit is in use`, facts }
}

/** The delay of the event loop since it was last asked. Shown, never a reason to be unready. */
export const eventLoopComponent = (app: FastifyInstance): HealthComponent => {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  app.addHook('onClose', async () => void delay.disable())
  return {
    name: 'eventLoop',
    ready: false,
    check: () => {
      const facts = { delayP50Ms: delay.percentile(50) / 1e6, delayP99Ms: delay.percentile(99) / 1e6 }
      delay.reset()
      return { ok: true, facts }
    },
  }
}
