import { Counter, Gauge, type Registry } from 'prom-client'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { Bound, Meter } from '../../gateway/core/meter.ts'
import { bindOnce } from './bind-once.ts'
import { histogram } from './histogram.ts'

const prefix = 'embedgate_'

/** A metric as it was first asked for. */
export interface MetricDefinition {
  /** With its prefix. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[]
}

/** A meter, and what it has measured as text. */
export interface PromMeter extends Meter {
  /** Every metric that was asked for so far. */
  definitions(): readonly MetricDefinition[]
  /** Prometheus text format 0.0.4, after everything that `onScrape` asked for has run. */
  scrape(): Promise<string>
  /**
   * What the series of counters and gauges have come to, after everything that `onScrape` asked for has run, once for all of
   * them; no series where there is no such metric.
   *
   * @param names without the prefix
   */
  read<Name extends string>(...names: Name[]): Readonly<Record<Name, readonly Reading[]>>
}

/** One series of a metric. */
export interface Reading {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
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
  const readers = new Map<string, (() => Reading)[]>()
  const readersOf = (name: string): (() => Reading)[] => {
    const own: (() => Reading)[] = []
    readers.set(name, own)
    return own
  }
  const collectAll = (): void => {
    for (const collect of collects) {
      try {
        collect()
      } catch (error) {
        onFault(error)
      }
    }
  }
  const { once, definitions } = rememberer()
  return {
    counter: (name, help, labels) =>
      once({ type: 'counter', name, help, labels }, (full) => {
        const { collect, beforeScrape } = collector()
        const own = readersOf(name)
        const metric = new Counter({ ...full, help, registers: [registry], collect })
        return bindOnce(labels, (values) => {
          const series = metric.labels(values)
          let scraped = 0
          let increase = 0
          beforeScrape(() => {
            series.inc(increase)
            scraped += increase
            increase = 0
          })
          own.push(() => ({ labels: values, value: scraped + increase }))
          return (by = 1) => {
            if (by > 0 && by < Infinity) increase += by
          }
        })
      }),
    gauge: (name, help, labels) =>
      once({ type: 'gauge', name, help, labels }, (full) => {
        const { collect, beforeScrape } = collector()
        const own = readersOf(name)
        const metric = new Gauge({ ...full, help, registers: [registry], collect })
        return bindOnce(labels, (values) => {
          const series = metric.labels(values)
          let level: number | undefined
          beforeScrape(() => {
            if (level !== undefined) series.set(level)
          })
          own.push(() => ({ labels: values, value: level ?? 0 }))
          return (value) => {
            level = value
          }
        })
      }),
    histogram: (name, help, labels, buckets) =>
      once({ type: 'histogram', name, help, labels, buckets }, (full) =>
        histogram(registry, { ...full, help, buckets }),
      ),
    definitions,
    onScrape: (collect) => void collects.push(collect),
    scrape: () => {
      collectAll()
      return registry.metrics()
    },
    read: <Name extends string>(...names: Name[]) => {
      collectAll()
      const readings = names.map((name) => [name, (readers.get(name) ?? []).map((read) => read())])
      return Object.fromEntries(readings) as Record<Name, readonly Reading[]>
    },
  }
}

/**
 * Tells prom-client what the series of one metric have come to, once a scrape: for each recording it would put the labels
 * into words and look them up, which costs ten times the recording.
 */
const collector = () => {
  const runs: (() => void)[] = []
  return {
    collect: () => {
      for (const run of runs) run()
    },
    beforeScrape: (run: () => void) => void runs.push(run),
  }
}

interface Full<L extends string> {
  readonly name: string
  readonly labelNames: L[]
}

/** Makes each metric once: its binding is what everybody gets who asks for it again. */
const rememberer = () => {
  const known = new Map<string, { readonly shape: string; readonly bound: unknown; readonly asked: MetricDefinition }>()
  const once = <L extends string, Recorder>(
    asked: MetricDefinition & { readonly labels: readonly L[] },
    create: (full: Full<L>) => Bound<L, Recorder>,
  ): Bound<L, Recorder> => {
    const { type, name, labels } = asked
    const shape = `${type} ${labels.join(',')}`
    const found = known.get(name)
    if (found?.shape === shape) return found.bound as Bound<L, Recorder>
    if (found) {
      throw new GatewayError('EG_PLUGIN_FAILED', `the metric ${prefix}${name} is there already, as ${found.shape}`)
    }
    const bound = create({ name: prefix + name, labelNames: [...labels] })
    known.set(name, { shape, bound, asked: { ...asked, name: prefix + name } })
    return bound
  }
  return { once, definitions: () => [...known.values()].map(({ asked }) => asked) }
}
