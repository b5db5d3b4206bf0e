import type { Metric, Registry } from 'prom-client'
import type { Bound } from '../../gateway/core/meter.ts'
import { bindOnce } from './bind-once.ts'

/** What a histogram is called, and what its values are sorted into. */
export interface HistogramOptions<L extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly L[]
  /** Upper bounds, ascending; one more without a bound is added. */
  readonly buckets: readonly number[]
}

/**
 * A histogram in `registry`. prom-client's own puts the labels of a series into words for each value, which costs ten
 * times the recording. What is not a finite number is dropped.
 */
export const histogram = <L extends string>(
  registry: Registry,
  { name, help, labelNames, buckets }: HistogramOptions<L>,
): Bound<L, (value: number) => void> => {
  const all: (() => Sample[])[] = []
  const about = { name, help, type: 'histogram', aggregator: 'sum' }
  const metric = { ...about, get: async () => ({ ...about, values: all.flatMap((samples) => samples()) }) }
  registry.registerMetric(metric as unknown as Metric<L>)
  return bindOnce(labelNames, (labels) => {
    const counts = new Float64Array(buckets.length)
    let count = 0
    let sum = 0
    all.push(() => {
      let below = 0
      const bucket = (le: number | '+Inf', value: number): Sample => ({
        metricName: `${name}_bucket`,
        labels: { le, ...labels },
        value,
      })
      return [
        ...buckets.map((le, index) => bucket(le, (below += counts[index] ?? 0))),
        bucket('+Inf', count),
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ]
    })
    return (value) => {
      if (!Number.isFinite(value)) return
      count++
      sum += value
      const index = buckets.findIndex((le) => value <= le)
      if (index >= 0) counts[index] = (counts[index] ?? 0) + 1
    }
  })
}

/** One line of a scrape, as prom-client writes it. */
interface Sample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}
