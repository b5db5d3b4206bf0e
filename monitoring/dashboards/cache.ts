import { here, ofModel, quantile, sumOfRates } from './selectors.ts'
import { memoryUsed } from './shared.ts'
import { lines, number, stack, type DashboardSpec } from './spec.ts'

const lookups = `embedgate_cache_requests_total{${here}}`
const hits = `embedgate_cache_requests_total{${here}, result="hit"}`

/** What the result cache saves. */
export const cache: DashboardSpec = {
  uid: 'embedgate-cache',
  title: 'Embedgate: cache',
  description: 'What is answered without computing, what the store holds, and what it loses.',
  rows: [
    {
      title: 'What does it save?',
      panels: [
        number({
          title: 'Texts found',
          description:
            'Share of the texts looked up that were answered from the cache. After a start, or when memory was scarce, it begins at 0.',
          unit: 'percentunit',
          queries: [
            { expr: `sum(rate(${hits}[$__rate_interval])) / sum(rate(${lookups}[$__rate_interval]))`, legend: 'found' },
          ],
        }),
        number({
          title: 'Entries',
          description: 'Results stored, over all chosen instances.',
          unit: 'short',
          queries: [{ expr: `sum(embedgate_cache_entries{${here}})`, legend: 'entries' }],
        }),
        number({
          title: 'Bytes',
          description: 'In use by the store, over all chosen instances.',
          unit: 'bytes',
          queries: [{ expr: `sum(embedgate_cache_bytes{${here}})`, legend: 'bytes' }],
        }),
        stack({
          title: 'Look-ups by result',
          description:
            'stale: found, but too old to answer while something can compute. error: a damaged entry, or a tier that failed.',
          unit: 'short',
          queries: [{ expr: sumOfRates('tier, result', lookups), legend: '{{tier}}: {{result}}' }],
          min: 0,
        }),
        lines({
          title: 'Texts that joined a computation in flight',
          description: 'Identical texts at the same time are computed once.',
          unit: 'short',
          queries: [
            { expr: sumOfRates('model', `embedgate_singleflight_shared_total{${ofModel}}`), legend: '{{model}}' },
          ],
          min: 0,
        }),
      ],
    },
    {
      title: 'What does it hold, and lose?',
      panels: [
        lines({
          title: 'Entries by tier',
          description: 'A fall is a drop for want of memory, a drift of a backend, or a restart.',
          unit: 'short',
          queries: [{ expr: `embedgate_cache_entries{${here}}`, legend: '{{instance}} {{tier}}' }],
          min: 0,
        }),
        lines({
          title: 'Bytes by tier',
          description: 'Up to cache.memoryBytes of the configuration.',
          unit: 'bytes',
          queries: [{ expr: `embedgate_cache_bytes{${here}}`, legend: '{{instance}} {{tier}}' }],
          min: 0,
        }),
        stack({
          title: 'Evictions by reason',
          description:
            'size: it is full, more memory would find more. memory: dropped because memory was scarce. cleared: by an operator or after a drift. damaged: a broken entry.',
          unit: 'short',
          queries: [
            {
              expr: sumOfRates('tier, reason', `embedgate_cache_evictions_total{${here}}`),
              legend: '{{tier}}: {{reason}}',
            },
          ],
          min: 0,
        }),
        memoryUsed,
      ],
    },
    {
      title: 'How fast is it?',
      panels: [
        lines({
          title: 'Duration of operations (p95)',
          description: 'For all keys of a call together.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'tier, operation', 'embedgate_cache_operation_duration_seconds', here),
              legend: '{{tier}}: {{operation}}',
            },
          ],
          min: 0,
        }),
        lines({
          title: 'Operations',
          description:
            'On each tier: get for look-ups, put for what was computed, clear after a drift or by an operator.',
          unit: 'ops',
          queries: [
            {
              expr: sumOfRates('tier, operation', `embedgate_cache_operation_duration_seconds_count{${here}}`),
              legend: '{{tier}}: {{operation}}',
            },
          ],
          min: 0,
        }),
      ],
    },
  ],
}
