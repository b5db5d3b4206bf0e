import type { Space } from '../../../gateway/core/space.ts'
import type { Span } from '../../../gateway/core/span.ts'
import type { BatchTimes, PieceTimes } from '../protocol.ts'

/** A traced piece that a worker has answered. */
export interface TracedPiece {
  /** The try that it belongs to. */
  readonly attempt: Span
  readonly times: PieceTimes
  /** When it was sent and answered here. */
  readonly sentAtMs: number
  readonly answeredAtMs: number
  /** What runs the graph. */
  readonly device: string
  /** Pooling and normalisation run inside the graph. */
  readonly space: Pick<Space, 'pooling' | 'normalized'>
}

/** Batches of a worker whose spans are remembered, for the pieces of them that are answered later. */
const rememberedBatches = 64

/**
 * Makes spans of what workers tell of traced pieces: `tokenize`, and for each batch `batch_wait` and `inference` with `forward`
 * inside. A batch has one span, part of the try whose piece was answered first, with links to all other members; the `batch_wait`
 * of each member links back to it.
 *
 * Workers tell durations. What a piece took here beyond them is taken for the way there and back, in equal parts.
 *
 * @returns to be called with each piece; `worker` is one for as long as its batches are numbered on
 */
export const workSpans = (): ((worker: object, piece: TracedPiece) => void) => {
  const batchesOf = new WeakMap<object, Map<number, string>>()

  const batchOf = (
    worker: object,
    batch: BatchTimes,
    { attempt, device }: TracedPiece,
    arrivedAtMs: number,
  ): string => {
    const known = batchesOf.get(worker) ?? new Map<number, string>()
    batchesOf.set(worker, known)
    const { number, texts, paddedTokens, members, startedMs, forwardToMs } = batch
    const remembered = known.get(number)
    if (remembered !== undefined) return remembered
    const attributes = { rows: texts, padded_tokens: paddedTokens, members: members.length, device }
    // A span that links to its own parent loses it in Jaeger.
    const links = members.filter((member) => member !== attempt.traceparent)
    const span = attempt.child('batch', { atMs: arrivedAtMs + startedMs, links, attributes })
    span.end(arrivedAtMs + forwardToMs)
    known.set(number, span.traceparent)
    if (known.size > rememberedBatches) known.delete(known.keys().next().value ?? number)
    return span.traceparent
  }

  return (worker, piece) => {
    const { attempt, times, sentAtMs, answeredAtMs, device, space } = piece
    const arrivedAtMs = sentAtMs + Math.max(0, answeredAtMs - sentAtMs - times.answeredMs) / 2
    attempt.child('tokenize', { atMs: arrivedAtMs + times.readFromMs }).end(arrivedAtMs + times.readToMs)
    for (const batch of times.batches) {
      const startedAtMs = arrivedAtMs + batch.startedMs
      const endedAtMs = arrivedAtMs + batch.forwardToMs
      const links = [batchOf(worker, batch, piece, arrivedAtMs)]
      attempt.child('batch_wait', { atMs: arrivedAtMs + batch.queuedMs, links }).end(startedAtMs)
      const inference = attempt.child('inference', { atMs: startedAtMs, attributes: { device } })
      const { texts: rows, paddedTokens: padded_tokens } = batch
      const { pooling, normalized } = space
      inference
        .child('forward', {
          atMs: arrivedAtMs + batch.forwardFromMs,
          attributes: { rows, padded_tokens, pooling, normalized },
        })
        .end(endedAtMs)
      inference.end(endedAtMs)
    }
  }
}
