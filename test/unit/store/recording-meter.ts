import type { Meter } from '../../../gateway/core/meter.ts'

/** A meter that keeps sums of counters, levels of gauges and numbers of observations, as `name{label values}`. */
export const recordingMeter = () => {
  const series = new Map<string, number>()
  const collects: (() => void)[] = []
  const add = (name: string, by: number): void => void series.set(name, (series.get(name) ?? 0) + by)
  const meter: Meter = {
    counter:
      (name) =>
      (labels) =>
      (by = 1) =>
        add(nameOf(name, labels), by),
    gauge: (name) => (labels) => (value) => void series.set(nameOf(name, labels), value),
    histogram: (name) => (labels) => () => add(nameOf(name, labels), 1),
    onScrape: (collect) => void collects.push(collect),
  }
  return {
    ...meter,
    scrape: () => collects.forEach((collect) => collect()),
    values: () => Object.fromEntries(series),
  }
}

const nameOf = (name: string, labels: object): string => `${name}{${Object.values(labels).join(',')}}`
