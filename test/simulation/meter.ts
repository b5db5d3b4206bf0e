import type { Bound, Meter } from '../../gateway/core/meter.ts'

/** One increase of a counter. */
export interface Counted {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly by: number
}

/** A meter that can be asked what was measured. */
export interface SimulatedMeter {
  readonly meter: Meter
  /** The sum of a counter over all series whose labels fit. */
  total(name: string, labels?: Readonly<Record<string, string>>): number
  /** The levels of a gauge, one for each series. */
  levels(name: string): readonly number[]
}

/** A meter at zero. @param onCount told of each increase of a counter, at once */
export const simulatedMeter = (onCount: (counted: Counted) => void): SimulatedMeter => {
  interface Series {
    readonly labels: Readonly<Record<string, string>>
    value: number
  }
  const counters = new Map<string, Map<string, Series>>()
  const gauges = new Map<string, Map<string, Series>>()
  const seriesOf = (all: typeof counters, name: string, labels: Series['labels']): Series => {
    const family = all.get(name) ?? new Map<string, Series>()
    all.set(name, family)
    const id = Object.values(labels).join('\n')
    const series = family.get(id) ?? { labels, value: 0 }
    family.set(id, series)
    return series
  }
  const counter: Meter['counter'] =
    <L extends string>(name: string): Bound<L, (by?: number) => void> =>
    (labels) => {
      const series = seriesOf(counters, name, labels)
      return (by = 1) => {
        series.value += by
        onCount({ name, labels, by })
      }
    }
  const gauge: Meter['gauge'] =
    <L extends string>(name: string): Bound<L, (value: number) => void> =>
    (labels) => {
      const series = seriesOf(gauges, name, labels)
      return (value) => {
        series.value = value
      }
    }
  const histogram: Meter['histogram'] = () => () => () => {}
  return {
    meter: { counter, gauge, histogram, onScrape: () => {} },
    total: (name, labels = {}) => {
      let sum = 0
      for (const series of counters.get(name)?.values() ?? []) {
        if (Object.entries(labels).every(([label, value]) => series.labels[label] === value)) sum += series.value
      }
      return sum
    },
    levels: (name) => [...(gauges.get(name)?.values() ?? [])].map(({ value }) => value),
  }
}
