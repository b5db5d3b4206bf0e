import type { Limits } from '../core/backend.ts'
import type { Call } from '../core/call.ts'
import type { EmbedBatch, Embeddings } from '../core/embeddings.ts'
import { BackendError, isTurnedAway } from '../core/errors.ts'
import type { EmbedFn, Layer } from '../core/layer.ts'
import { together } from '../core/together.ts'
import type { TokenEstimate } from '../core/token-estimate.ts'
import { gather } from './gather.ts'

/** Pieces of one request in flight at once: keeps several replicas busy without one request filling all their queues. */
const piecesInFlight = 4

/** A run of texts: rows `start` to `end`, without `end`. */
interface Piece {
  readonly start: number
  readonly end: number
}

/**
 * Cuts a batch above a backend's limits into pieces, in order, and puts the answers together by position. The first
 * piece that fails ends the others. A piece that is turned away while others are at work is left to those: a tier that lets
 * few calls through at a time gets no more pieces at once than that. A batch within the limits passes as it is.
 *
 * @param limits texts per call, and estimated tokens per call; a single text above that is a piece of its own
 */
export const split =
  (limits: Limits): Layer =>
  (next, { model }) =>
  (batch, call) => {
    const pieces = cut(batch.texts, limits, model.estimate)
    return pieces.length <= 1 ? next(batch, call) : embedPieces(next, batch, call, pieces, model.estimate)
  }

/** Where to cut `texts` so that every piece is within `limits`. */
export const cut = (texts: readonly string[], limits: Limits, estimate: TokenEstimate): Piece[] => {
  const pieces: Piece[] = []
  let start = 0
  let tokens = 0
  texts.forEach((text, row) => {
    const more = limits.tokens === undefined ? 0 : estimate.tokensOf(text)
    if (row > start && (row - start >= limits.texts || tokens + more > (limits.tokens ?? Infinity))) {
      pieces.push({ start, end: row })
      start = row
      tokens = 0
    }
    tokens += more
  })
  if (start < texts.length) pieces.push({ start, end: texts.length })
  return pieces
}

const embedPieces = async (
  next: EmbedFn,
  batch: EmbedBatch,
  call: Call,
  pieces: readonly Piece[],
  estimate: TokenEstimate,
): Promise<Embeddings> => {
  const answers: Embeddings[] = []
  const waiting = [...pieces.entries()]
  let lanes = Math.min(piecesInFlight, pieces.length)
  await together(call, (shared) => {
    const lane = async (): Promise<void> => {
      for (let turn = waiting.shift(); turn; turn = waiting.shift()) {
        const [index, { start, end }] = turn
        const texts = batch.texts.slice(start, end)
        try {
          answers[index] = await next({ ...batch, texts }, shared)
        } catch (error) {
          if (!isUntouched(error) || lanes === 1) throw error
          waiting.unshift(turn)
          break
        }
        call.progress(estimate.tokensOfAll(texts))
      }
      lanes--
    }
    return Promise.all(Array.from({ length: lanes }, lane))
  })
  return gather(
    batch.texts.length,
    pieces.map(({ start, end }, index) => ({
      answer: answers[index] as Embeddings,
      from: range(0, end - start),
      to: range(start, end),
    })),
  )
}

/** Whether nobody has worked on a piece: nothing could be called for it, or what was called has turned it away. */
const isUntouched = (error: unknown): boolean =>
  isTurnedAway(error) || (error instanceof BackendError && error.fault === 'unavailable')

const range = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, index) => start + index)
