import { collectDefaultMetrics, type Registry } from 'prom-client'
import type { Meter } from '../../gateway/core/meter.ts'
import { packageVersion } from '../../gateway/core/version.ts'

/** Gauges whose names end in `_total`: `promtool check metrics` refuses them, and the ones without the suffix say the same. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** What the process says about itself: `process_*`, `nodejs_*`, its memory, and what it was built from. */
export const processMetrics = (registry: Registry, meter: Meter): void => {
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)

  const info = meter.gauge('build_info', 'What runs here; always 1.', ['version', 'node', 'commit'])
  info({ version: packageVersion, node: process.version, commit: process.env['EMBEDGATE_COMMIT'] ?? 'unknown' })(1)

  const memory = meter.gauge('memory_usage_bytes', 'Memory in use, by process and kind.', ['process', 'kind'])
  const rss = memory({ process: 'gateway', kind: 'rss' })
  const heap = memory({ process: 'gateway', kind: 'heap' })
  const external = memory({ process: 'gateway', kind: 'external' })
  meter.onScrape(() => {
    const usage = process.memoryUsage()
    rss(usage.rss)
    heap(usage.heapUsed)
    external(usage.external)
  })
}
