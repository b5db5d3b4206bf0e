import { setMaxListeners } from 'node:events'
import { emptyRows } from '../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import type { TokenEstimate } from '../../../gateway/core/token-estimate.ts'
import { type Delivery, deliverer } from './deliver.ts'
import { cutPieces, pieceTokens } from './pieces.ts'
import type { Pool } from './pool.ts'
import type { Piece } from './resend.ts'

/** What requests share. */
export interface RequestContext {
  readonly pool: Pool
  readonly estimate: TokenEstimate
  readonly dims: number
  /** Workers the pool has when all are ready. */
  readonly workers: number
}

/**
 * Pieces of one bulk request that one worker is sent at a time: one computes, one is next. The others wait in the request,
 * so that bulk work enters the queue piece by piece.
 */
const bulkPiecesPerWorker = 2

/** Answers requests from a pool: cuts, spreads, and puts the rows together by position. */
export const spreadRequests = ({ pool, estimate, dims, workers }: RequestContext): EmbedFn => {
  let pieces = 0
  const deliver = deliverer(pool, () => (pieces += 1).toString(36))
  return async (batch, call) => {
    call.signal.throwIfAborted()
    if (pool.usable().length === 0) throw new BackendError('unavailable', 'no worker is ready')
    const tokens = batch.texts.map((text) => estimate.tokensOf(text))
    const totalTokens = tokens.reduce((sum, count) => sum + count, 0)
    const rowsOfPieces = cutPieces(tokens, pieceTokens(totalTokens, pool.counts()))
    const waiting = rowsOfPieces.map((rows): Piece => ({ rows, deaths: 0, alone: false }))

    const cancel = new AbortController()
    // One listener for each piece that is out.
    setMaxListeners(0, cancel.signal)
    const follow = (): void => cancel.abort(call.signal.reason)
    call.signal.addEventListener('abort', follow, { once: true })
    const rows = emptyRows(batch.texts.length, dims)
    const delivery: Delivery = { batch, call, signal: cancel.signal, tokens, rows, sent: new Map() }
    const stopRaising = call.onRaise((priority) => {
      for (const [piece, worker] of delivery.sent) {
        // Only an improvement: its failure is noticed by what the piece itself meets.
        worker.client.raise({ piece, priority }, cancel.signal).catch(() => {})
      }
    })
    const lane = async (): Promise<void> => {
      for (let piece = waiting.shift(); piece; piece = waiting.shift()) await deliver(delivery, piece)
    }
    const lanes = call.priority === 'bulk' ? workers * bulkPiecesPerWorker : waiting.length
    try {
      await Promise.all(Array.from({ length: Math.min(lanes, waiting.length) }, lane))
    } finally {
      // Whatever is still out has nobody to answer.
      cancel.abort(new BackendError('unavailable', 'another piece of the request has failed'))
      stopRaising()
      call.signal.removeEventListener('abort', follow)
    }
    estimate.learn(batch.texts, rows.tokens, rows.truncated)
    return { ...rows, trail: [] }
  }
}
