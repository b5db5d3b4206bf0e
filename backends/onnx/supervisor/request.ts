import { emptyRows } from '../../../gateway/core/embeddings.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { together } from '../../../gateway/core/together.ts'
import type { Space } from '../../../gateway/core/space.ts'
import type { TokenEstimate } from '../../../gateway/core/token-estimate.ts'
import type { Deliver, Delivery } from './delivery.ts'
import { cutPieces, pieceTokens, type WorkerCounts } from './pieces.ts'
import type { Piece } from './resend.ts'

/** What requests share. */
export interface RequestContext {
  readonly counts: () => WorkerCounts
  readonly deliver: Deliver
  readonly estimate: TokenEstimate
  readonly space: Pick<Space, 'dims' | 'pooling' | 'normalized'>
  /** Workers the pool has when all are ready. */
  readonly workers: number
}

/**
 * Pieces of one bulk request that one worker is sent at a time: one computes, one is next. The others wait in the request,
 * so that bulk work enters the queue piece by piece.
 */
const bulkPiecesPerWorker = 2

/** Answers requests from a pool: cuts, spreads, and puts the rows together by position. */
export const spreadRequests =
  ({ counts, deliver, estimate, space, workers }: RequestContext): EmbedFn =>
  async (batch, call) => {
    if (call.endedBy) throw call.endedBy
    const tokens = batch.texts.map((text) => estimate.tokensOf(text))
    const totalTokens = tokens.reduce((sum, count) => sum + count, 0)
    const rowsOfPieces = cutPieces(tokens, pieceTokens(totalTokens, counts()))
    const waiting = rowsOfPieces.map((rows): Piece => ({ rows, deaths: 0, alone: false }))
    const lanes = call.priority === 'bulk' ? workers * bulkPiecesPerWorker : waiting.length
    const rows = emptyRows(batch.texts.length, space.dims)

    const ran = await together(call, async (shared) => {
      const delivery: Delivery = { batch, call: shared, tokens, rows, space, sent: new Map() }
      const stopRaising = call.onRaise(() => {
        for (const [piece, worker] of delivery.sent) worker.client.raise(piece)
      })
      const lane = async (): Promise<void> => {
        for (let piece = waiting.shift(); piece; piece = waiting.shift()) await deliver(delivery, piece)
      }
      try {
        await Promise.all(Array.from({ length: Math.min(lanes, waiting.length) }, lane))
      } finally {
        stopRaising()
      }
      return delivery.ran
    })
    estimate.learn(batch.texts, rows.tokens, rows.truncated)
    return { ...rows, trail: [], ...(ran && { ran }) }
  }
