import type { Call } from '../../../gateway/core/call.ts'
import { type EmbedBatch, type EmbeddingsBuilder, type Ran, vectorOf } from '../../../gateway/core/embeddings.ts'
import type { Space } from '../../../gateway/core/space.ts'
import type { EmbedRequest } from '../protocol.ts'
import type { Rows } from '../rows.ts'
import type { PieceStream } from './piece-stream.ts'
import type { Piece } from './resend.ts'

/** One request whose pieces are delivered. */
export interface Delivery {
  readonly batch: EmbedBatch
  /** Ends with the request, or as soon as one of its pieces has failed. */
  readonly call: Call
  /** Estimated, per row. */
  readonly tokens: readonly number[]
  /** Where answered rows go. */
  readonly rows: EmbeddingsBuilder
  /** What has computed the rows so far, where it tells. */
  ran?: Ran
  /** Of the vectors. */
  readonly space: Pick<Space, 'pooling' | 'normalized'>
  /** Where pieces are now, by number. */
  readonly sent: Map<number, { readonly client: Pick<PieceStream, 'raise'> }>
}

/** Sends a piece until its rows are answered. */
export type Deliver = (delivery: Delivery, piece: Piece) => Promise<void>

/** What a worker is asked for some rows of a request, now. */
export const requestOf = ({ batch, call }: Delivery, rows: readonly number[]): EmbedRequest => ({
  texts: rows.map((row) => batch.texts[row] ?? ''),
  truncate: batch.truncate,
  tenant: call.tenant,
  priority: call.priority,
  deadlineMs: Math.ceil(call.deadline.remainingMs()),
  tellsWork: true,
  ...(call.span && { traceparent: call.span.traceparent }),
})

/** Puts answered rows where they belong in the request. */
export const fillRows = (target: EmbeddingsBuilder, rows: readonly number[], answer: Rows): void =>
  rows.forEach((row, position) => {
    target.vectors.set(vectorOf(answer, position), row * target.dims)
    target.tokens[row] = answer.tokens[position] ?? 0
    target.truncated[row] = answer.truncated[position] ?? 0
  })
