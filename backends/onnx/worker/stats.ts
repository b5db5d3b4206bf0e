import type { BatchRecord } from '../protocol.ts'

/** Batches that are remembered: minutes of them. */
export const keptBatches = 4_096
/** Rows of remembered batches: bounds the memory for their waits to half a megabyte, and an answer to about one. */
const keptRows = 65_536
/** How much of the past a batch replaces in the learnt speed. */
const forgotten = 0.05

/** What a worker has measured of its own runs. */
export interface Stats {
  /** Remembers a finished batch. */
  add(batch: Omit<BatchRecord, 'number'>): void
  /** Batches after number `since`, oldest first; the oldest are forgotten. */
  after(since: number): readonly BatchRecord[]
  /** Learnt milliseconds per padded token: a mean over recent batches, weighted by their size. */
  msPerToken(): number
}

/** Empty statistics. @param msPerToken what the warm-up took; runs correct it */
export const createStats = (msPerToken: number): Stats => {
  const records: BatchRecord[] = []
  let latest = 0
  let rows = 0
  // Sums rather than a mean of ratios: a one-word batch is mostly overhead and says little about a token.
  let recentMs = msPerToken
  let recentTokens = 1
  return {
    add(batch) {
      latest++
      records.push({ number: latest, ...batch })
      rows += batch.rows
      while (records.length > keptBatches || (rows > keptRows && records.length > 1)) rows -= records.shift()?.rows ?? 0
      recentMs += batch.inferenceMs - forgotten * recentMs
      recentTokens += batch.paddedTokens - forgotten * recentTokens
    },
    after(since) {
      const first = records[0]?.number ?? 1
      return records.slice(Math.max(0, since + 1 - first))
    },
    msPerToken: () => recentMs / recentTokens,
  }
}
