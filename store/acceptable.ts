import type { EmbedBatch } from '../gateway/core/embeddings.ts'
import type { StoredResult } from './store.ts'

/**
 * Whether a stored result may answer a text of `batch`: its maker was at least as good as the model demands, and it is
 * not truncated where the caller refuses that. Parities are compared as float32, the form they are stored in.
 */
export const isAcceptable = (result: StoredResult, batch: Pick<EmbedBatch, 'minParity' | 'truncate'>): boolean =>
  result.parity >= Math.fround(batch.minParity) && (batch.truncate || !result.truncated)
