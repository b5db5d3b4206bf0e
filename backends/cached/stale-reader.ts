import type { Backend } from '../../gateway/core/backend.ts'
import type { Clock } from '../../gateway/core/clock.ts'
import { emptyRows, rowSource, type EncodingMemo } from '../../gateway/core/embeddings.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import type { EmbedFn } from '../../gateway/core/layer.ts'
import { isAcceptable } from '../../store/acceptable.ts'
import { rememberedScopes, resultKey } from '../../store/key.ts'
import type { FoundResult, ResultStore } from '../../store/store.ts'
import { untilEnded } from '../../gateway/core/until-aborted.ts'

/** What the stale reader works with. */
export interface StaleReaderOptions {
  readonly name: string
  readonly store: ResultStore
  readonly clock: Clock
  /** A result younger than this may be served, marked stale. */
  readonly staleTtlMs: number
}

/**
 * The last tier: answers from stored results of any age below `staleTtlMs` when nothing can compute. It answers every
 * text of a call or none, and nothing to callers who refuse stored results.
 */
export const staleReader = ({ name, store, clock, staleTtlMs }: StaleReaderOptions): Backend => {
  const scopeOf = rememberedScopes()

  const embed: EmbedFn = async (batch, call) => {
    if (call.endedBy) throw call.endedBy
    if (call.cache !== 'default') throw new BackendError('miss', 'the caller refuses stored results')
    const scope = scopeOf(batch.space, call.tenant)
    const keys = batch.texts.map((text) => resultKey(scope, text))
    const oldestMs = clock.wallNow() - staleTtlMs
    const found = await untilEnded(call, store.getMany(keys))
    const rows = found.filter((row) => row !== undefined && row.storedAtMs > oldestMs && isAcceptable(row, batch))
    return staleAnswer(rows as readonly FoundResult[], keys.length)
  }

  return {
    name,
    replica: 0,
    kind: 'cached',
    limits: { texts: Number.MAX_SAFE_INTEGER },
    computing: false,
    queueing: false,
    optional: false,
    embed,
    health: async () => ({ state: 'up', facts: { tier: store.tier, ...store.level() } }),
    start: async () => {},
    close: async () => {},
  }
}

/**
 * @throws BackendError `miss` unless there is a row of one and the same width for each of `texts` texts
 */
const staleAnswer = (rows: readonly FoundResult[], texts: number) => {
  const dims = rows[0]?.vector.length ?? 0
  if (rows.length !== texts || rows.some((row) => row.vector.length !== dims)) {
    throw new BackendError('miss', 'not every text has a stored result')
  }
  const answer = emptyRows(texts, dims)
  const memos: (EncodingMemo | undefined)[] = []
  rows.forEach((found, row) => {
    answer.vectors.set(found.vector, row * dims)
    answer.tokens[row] = found.tokens
    answer.truncated[row] = found.truncated ? 1 : 0
    answer.source[row] = rowSource.stale
    memos.push(found.memo)
  })
  return { ...answer, trail: [], memos }
}
