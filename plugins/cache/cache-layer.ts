import type { Clock } from '../../gateway/core/clock.ts'
import {
  copyRow,
  rowSource,
  selectTexts,
  vectorOf,
  type EmbedBatch,
  type Embeddings,
} from '../../gateway/core/embeddings.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import type { EmbedFn, Layer } from '../../gateway/core/layer.ts'
import type { SpaceId } from '../../gateway/core/space.ts'
import type { Span } from '../../gateway/core/span.ts'
import { isAcceptable } from '../../store/acceptable.ts'
import { rememberedScopes, resultKey } from '../../store/key.ts'
import type { FoundResult, ResultKey } from '../../store/store.ts'
import type { GuardedStore } from './guarded-store.ts'

/** What a lookup of one text came to. */
export type LookupResult = 'hit' | 'miss' | 'stale'

/** What the cache layer works with. */
export interface CacheLayerOptions {
  readonly store: GuardedStore
  readonly clock: Clock
  /** A result younger than this is a fresh hit. */
  readonly ttlMs: number
  /** How many drifts of replicas of a space are known. */
  readonly driftsOf: (space: SpaceId) => number
  /** Told how many texts of a request came to what. */
  readonly count: (result: LookupResult, texts: number) => void
}

type Row = FoundResult | undefined

/**
 * Answers texts from the store, each on its own: only those without a fresh, acceptable result are computed, and what was
 * computed is stored. A request that says `no-cache` reads nothing; one that says `no-store` writes nothing either. When
 * a replica drifts while a request is under way, nothing of it is stored, and what it had found is looked up again.
 *
 * @throws GatewayError `EG_INPUT_NOT_WELL_FORMED` for a text that has no key of its own
 */
export const cacheLayer = ({ store, clock, ttlMs, driftsOf, count }: CacheLayerOptions): Layer => {
  const scopeOf = rememberedScopes()

  return (next, { model }) => {
    const { dims } = model.space

    /** Per text: its result if it can answer now. */
    const lookUp = async (
      keys: readonly ResultKey[],
      batch: EmbedBatch,
      request: Span | undefined,
    ): Promise<readonly Row[]> => {
      const span = request?.child('cache.lookup')
      const found = await store.read(keys)
      const oldestMs = clock.wallNow() - ttlMs
      let stale = 0
      let hits = 0
      const rows = keys.map((_, row) => {
        const result = found[row]
        if (result === undefined || result.vector.length !== dims || !isAcceptable(result, batch)) return undefined
        if (result.storedAtMs <= oldestMs) {
          stale++
          return undefined
        }
        hits++
        return result
      })
      if (hits > 0) count('hit', hits)
      if (stale > 0) count('stale', stale)
      if (hits + stale < keys.length) count('miss', keys.length - hits - stale)
      span?.set({ texts: keys.length, hits, stale })
      span?.end()
      return rows
    }

    const compute = async (keys: readonly ResultKey[], batch: EmbedBatch, call: Parameters<EmbedFn>[1]) => {
      const drifts = driftsOf(batch.space)
      const answer = await next(batch, call)
      // Whatever was computed before a drift may be of the replica that drifted.
      if (driftsOf(batch.space) !== drifts) return answer
      const storedAtMs = clock.wallNow()
      store.write(
        keys.flatMap((key, row) =>
          answer.source[row] === rowSource.computed
            ? [
                [
                  key,
                  {
                    vector: vectorOf(answer, row),
                    tokens: answer.tokens[row] ?? 0,
                    truncated: answer.truncated[row] === 1,
                    parity: answer.parity?.[row] ?? batch.minParity,
                    storedAtMs,
                  },
                ] as const,
              ]
            : [],
        ),
      )
      return answer
    }

    const embed: EmbedFn = async (batch, call) => {
      if (call.cache === 'no-store') return next(batch, call)
      const scope = scopeOf(batch.space, call.tenant)
      const keys = batch.texts.map((text) => resultKey(scope, text))
      if (call.cache === 'no-cache') return compute(keys, batch, call)
      const drifts = driftsOf(batch.space)
      const rows = await lookUp(keys, batch, call.span)
      const missing = rows.flatMap((row, index) => (row === undefined ? [index] : []))
      if (missing.length === keys.length) return compute(keys, batch, call)
      if (missing.length === 0) return merge(rows, dims)
      const missingKeys = missing.map((row) => keys[row] ?? '')
      const rest = await compute(missingKeys, selectTexts(batch, missing), call)
      return driftsOf(batch.space) === drifts ? merge(rows, dims, missing, rest) : embed(batch, call)
    }
    return embed
  }
}

/** One answer of the rows that were found and, at the positions `missing`, the rows of `rest`. */
const merge = (rows: readonly Row[], dims: number, missing: readonly number[] = [], rest?: Embeddings): Embeddings => {
  if (rest !== undefined && rest.dims !== dims) throw new BackendError('invalid_rows', 'vectors of another width')
  const together = sideBySide(rows, dims)
  const merged = {
    vectors: together ?? unfilled(rows.length * dims),
    dims,
    tokens: new Uint32Array(rows.length),
    truncated: new Uint8Array(rows.length),
    source: new Uint8Array(rows.length),
  }
  rows.forEach((found, row) => {
    if (found === undefined) return
    if (together === undefined) merged.vectors.set(found.vector, row * dims)
    merged.tokens[row] = found.tokens
    merged.truncated[row] = found.truncated ? 1 : 0
    merged.source[row] = rowSource.fresh
  })
  missing.forEach((row, index) => {
    if (rest !== undefined) copyRow(merged, row, rest, index)
  })
  const memos = rows.map((found) => found?.memo)
  missing.forEach((row, index) => {
    memos[row] = rest?.memos?.[index]
  })
  const { vectors, tokens, truncated, source } = merged
  return { vectors, dims, tokens, truncated, source, trail: rest?.trail ?? [], memos }
}

/** The vectors of all rows, without copying, where they lie one after the other as the memory tier finds them. */
const sideBySide = (rows: readonly Row[], dims: number): Float32Array | undefined => {
  const first = rows[0]?.vector
  if (first === undefined) return undefined
  const follows = (found: Row, row: number): boolean =>
    found !== undefined &&
    found.vector.buffer === first.buffer &&
    found.vector.byteOffset === first.byteOffset + row * dims * Float32Array.BYTES_PER_ELEMENT
  return rows.every(follows) ? new Float32Array(first.buffer, first.byteOffset, rows.length * dims) : undefined
}

/** Numbers of any value, all of which will be written: zeroing them first would cost more than reading the store. */
const unfilled = (length: number): Float32Array =>
  new Float32Array(Buffer.allocUnsafeSlow(length * Float32Array.BYTES_PER_ELEMENT).buffer)
