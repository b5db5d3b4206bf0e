/** Times of answers, sorted into buckets that are fine enough for percentiles and few enough to throw away. */
export interface LatencyHistogram {
  readonly counts: Uint32Array
  /** Adds one time in milliseconds; what is not a time counts as none. */
  record(durationMs: number): void
  clear(): void
}

/** Of one window; undefined parts of a report when nothing was answered. */
export interface Percentiles {
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** Buckets are a sixteenth of an octave wide: the middle of one is at most 2.2 % from any time in it. */
const perOctave = 16
/** From the fastest answer out of memory to a bulk deadline of two minutes. */
const lowestMs = 1 / 16
const octaves = 21
const bucketCount = 1 + octaves * perOctave

/** No times yet: 1.3 KB. */
export const latencyHistogram = (): LatencyHistogram => {
  const counts = new Uint32Array(bucketCount)
  return {
    counts,
    record: (durationMs) => {
      if (!(durationMs >= 0)) return
      const bucket = durationMs <= lowestMs ? 0 : 1 + Math.floor(Math.log2(durationMs / lowestMs) * perOctave)
      const at = Math.min(bucket, bucketCount - 1)
      counts[at] = (counts[at] ?? 0) + 1
    },
    clear: () => void counts.fill(0),
  }
}

/** The percentiles of several histograms together; undefined when they hold nothing. */
export const percentilesOf = (histograms: readonly Pick<LatencyHistogram, 'counts'>[]): Percentiles | undefined => {
  const sums = new Float64Array(bucketCount)
  let total = 0
  for (const { counts } of histograms) {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const count = counts[bucket] ?? 0
      sums[bucket] = (sums[bucket] ?? 0) + count
      total += count
    }
  }
  if (total === 0) return undefined
  const at = (share: number): number => valueAt(sums, Math.max(1, Math.ceil(share * total)))
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }
}

/** The middle of the bucket that holds the time of this rank, 1 being the shortest. */
const valueAt = (counts: Float64Array, rank: number): number => {
  let seen = 0
  let bucket = 0
  for (; bucket < bucketCount - 1; bucket++) {
    seen += counts[bucket] ?? 0
    if (seen >= rank) break
  }
  const middleMs = bucket === 0 ? lowestMs : lowestMs * 2 ** ((bucket - 0.5) / perOctave)
  return Number(middleMs.toPrecision(3))
}
