import { type BatchTimes, type PieceTimes, tracedBatches, tracedMembers } from '../../protocol.ts'
import type { PieceEntry } from './piece.ts'

/** When a traced piece was where. Times are this process's. */
export interface PieceTrace {
  readonly traceparent: string
  readonly arrivedAtMs: number
  readFromMs: number
  readToMs: number
  readonly batches: Omit<BatchTimes, 'queuedMs'>[]
  /** When the first of its texts in each of `batches` began to wait. */
  readonly queuedAtMs: number[]
}

/** A traced piece that has just arrived. */
export const pieceTrace = (traceparent: string, nowMs: number): PieceTrace => ({
  traceparent,
  arrivedAtMs: nowMs,
  readFromMs: nowMs,
  readToMs: nowMs,
  batches: [],
  queuedAtMs: [],
})

/** Notes a batch that has run with the pieces of its rows. */
export const noteBatch = (rows: readonly PieceEntry[], batch: Omit<BatchTimes, 'queuedMs' | 'members'>): void => {
  let traced: Map<PieceTrace, number> | undefined
  for (const { piece, enqueuedAtMs } of rows) {
    piece.batchTexts = Math.max(piece.batchTexts, rows.length)
    if (!piece.trace) continue
    traced ??= new Map()
    traced.set(piece.trace, Math.min(traced.get(piece.trace) ?? Infinity, enqueuedAtMs))
  }
  if (!traced) return
  const members = Array.from(traced.keys(), ({ traceparent }) => traceparent).slice(0, tracedMembers)
  for (const [trace, queuedAtMs] of traced) {
    if (trace.batches.length >= tracedBatches) continue
    trace.batches.push({ ...batch, members })
    trace.queuedAtMs.push(queuedAtMs)
  }
}

/** What is told of a traced piece, as it is answered. */
export const timesOf = (trace: PieceTrace, nowMs: number): PieceTimes => {
  const since = (atMs: number): number => atMs - trace.arrivedAtMs
  return {
    readFromMs: since(trace.readFromMs),
    readToMs: since(trace.readToMs),
    batches: trace.batches.map((batch, index) => ({
      ...batch,
      queuedMs: since(trace.queuedAtMs[index] ?? batch.startedMs),
      startedMs: since(batch.startedMs),
      forwardFromMs: since(batch.forwardFromMs),
      forwardToMs: since(batch.forwardToMs),
    })),
    answeredMs: since(nowMs),
  }
}
