import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { Bound, Meter } from '../../gateway/core/meter.ts'
import { bindOnce } from './bind-once.ts'

const prefix = 'embedgate_'

/** A meter, and what it has measured as text. */
export interface PromMeter extends Meter {
  /** Prometheus text format 0.0.4, after everything that `onScrape` asked for has run. */
  scrape(): Promise<string>
}

/**
 * A meter over a prom-client registry. Recording never throws: what is not a number that the metric can take is dropped.
 * Asking twice for a metric gives the same one.
 *
 * @param onFault told when something that runs before a scrape throws; the scrape goes on
 * @throws GatewayError `EG_PLUGIN_FAILED` when a name is asked for again as another type or with other labels
 */
export const promMeter = (registry: Registry, onFault: (error: unknown) => void): PromMeter => {
  const collects: (() => void)[] = []
  const once = rememberer()
  return {
    counter: (name, help, labels) =>
      once('counter', name, labels, (full) => {
        const metric = new Counter({ ...full, help, registers: [registry] })
        return bindOnce(labels, (values) => {
          const series = metric.labels(values)
          series.inc(0)
          return (by = 1) => {
            if (by > 0 && by < Infinity) series.inc(by)
          }
        })
      }),
    gauge: (name, help, labels) =>
      once('gauge', name, labels, (full) => {
        const metric = new Gauge({ ...full, help, registers: [registry] })
        return bindOnce(labels, (values) => {
          const series = metric.labels(values)
          return (value) => series.set(value)
        })
      }),
    histogram: (name, help, labels, buckets) =>
      once('histogram', name, labels, (full) => {
        const metric = new Histogram({ ...full, help, buckets: [...buckets], registers: [registry] })
        return bindOnce(labels, (values) => {
          metric.zero(values)
          const series = metric.labels(values)
          return (value) => {
            if (Number.isFinite(value)) series.observe(value)
          }
        })
      }),
    onScrape: (collect) => void collects.push(collect),
    scrape: () => {
      for (const collect of collects) {
        try {
          collect()
        } catch (error) {
          onFault(error)
        }
      }
      return registry.metrics()
    },
  }
}

interface Full<L extends string> {
  readonly name: string
  readonly labelNames: L[]
}

/** Makes each metric once: its binding is what everybody gets who asks for it again. */
const rememberer = () => {
  const known = new Map<string, { readonly shape: string; readonly bound: unknown }>()
  return <L extends string, Recorder>(
    type: string,
    name: string,
    labels: readonly L[],
    create: (full: Full<L>) => Bound<L, Recorder>,
  ): Bound<L, Recorder> => {
    const shape = `${type} ${labels.join(',')}`
    const found = known.get(name)
    if (found?.shape === shape) return found.bound as Bound<L, Recorder>
    if (found) {
      throw new GatewayError('EG_PLUGIN_FAILED', `the metric ${prefix}${name} is there already, as ${found.shape}`)
    }
    const bound = create({ name: prefix + name, labelNames: [...labels] })
    known.set(name, { shape, bound })
    return bound
  }
}
