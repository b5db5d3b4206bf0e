/** A set of measurements in three numbers. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/**
 * The value below which `share` of the values lie, by the nearest-rank method.
 *
 * @param share 0 to 1
 * @returns NaN for no values
 */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** The middle value; the mean of the middle two for an even count. NaN for no values. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}

/** Median and range. The range is the honest spread for the handful of rounds a run has. */
export const summarize = (values: readonly number[]): Summary => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
})

/** Least-squares slope of `ys` over `xs`. */
export const slope = (xs: readonly number[], ys: readonly number[]): number => {
  const meanX = mean(xs)
  const meanY = mean(ys)
  let covariance = 0
  let variance = 0
  xs.forEach((x, index) => {
    covariance += (x - meanX) * ((ys[index] ?? meanY) - meanY)
    variance += (x - meanX) ** 2
  })
  return covariance / variance
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
