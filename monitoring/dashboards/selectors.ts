/** Series of the chosen instances. */
export const here = 'instance=~"$instance"'

/** Series of the chosen models of these instances. */
export const ofModel = `${here}, model=~"$model"`

/** Series of the chosen backends of these instances. */
export const ofBackend = `${here}, backend=~"$backend"`

/** Requests that want embeddings; health checks and scrapes are requests too. */
export const embedding = 'route=~"/v1/embeddings|/api/v1/embed|/embed"'

/** A second's worth of a counter, over a window that fits the scrape interval and the zoom. */
export const rate = (selector: string): string => `rate(${selector}[$__rate_interval])`

/** The sum of rates by labels. */
export const sumOfRates = (labels: string, selector: string): string => `sum by (${labels}) (${rate(selector)})`

/**
 * A quantile of a histogram by labels.
 *
 * @param metric without `_bucket`
 */
export const quantile = (share: number, labels: string, metric: string, selector: string): string =>
  `histogram_quantile(${share}, sum by (${labels === '' ? 'le' : `${labels}, le`}) (${rate(`${metric}_bucket{${selector}}`)}))`

/** The mean of a histogram by labels. */
export const mean = (labels: string, metric: string, selector: string): string =>
  `${sumOfRates(labels, `${metric}_sum{${selector}}`)} / ${sumOfRates(labels, `${metric}_count{${selector}}`)}`
