/** Counts, levels and distributions, for whoever has something to measure. Metric names get the prefix `embedgate_`. */
export interface Meter {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Bound<L, (by?: number) => void>
  gauge<L extends string>(name: string, help: string, labels: readonly L[]): Bound<L, (value: number) => void>
  histogram<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: readonly number[],
  ): Bound<L, (value: number) => void>
  /** Calls `collect` before each scrape, to set gauges that are only worth reading then. */
  onScrape(collect: () => void): void
}

/**
 * Binds label values once and returns the recording function; binding again with the same values gives the same series.
 * Label values must come from configuration or a fixed list, never from a request.
 */
export type Bound<L extends string, Recorder> = (labels: Readonly<Record<L, string>>) => Recorder

/** Measures nothing: for tests and for backends used outside a gateway. */
export const noMeter: Meter = {
  counter: () => () => () => {},
  gauge: () => () => () => {},
  histogram: () => () => () => {},
  onScrape: () => {},
}
