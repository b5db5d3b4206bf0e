import type { FastifyReply } from 'fastify'
import { rowSource, type Embeddings, type Ran } from '../core/embeddings.ts'
import type { SpaceId } from '../core/space.ts'
import { attemptsOf, degradation, isDegraded, ranOn, servedBy, type Degradation } from '../core/trail.ts'

/** Where the rows of an answer came from: all stored, some, none, or some of them past their time. */
export type CacheState = 'hit' | 'partial' | 'miss' | 'stale'

/** What an answer says about how it came to be. */
export interface Provenance {
  /** The lowest computing tier that made a row; `cached` if none did. */
  readonly backend: string
  readonly cache: CacheState
  /** Rows that came from the store. */
  readonly hits: number
  readonly degraded: boolean
  /** Which tier was lost and why; undefined when none was. */
  readonly lost: Degradation | undefined
  readonly attempts: number
  /** Texts that were cut to the model's limit. */
  readonly truncated: number
  /** What computed, and the largest batch; undefined where the tier does not tell. */
  readonly ran: Ran | undefined
}

/** Reads the provenance of an answer off its rows and its trail. */
export const provenanceOf = (embeddings: Embeddings): Provenance => {
  const { source } = embeddings
  let hits = 0
  let stale = 0
  let truncated = 0
  for (let row = 0; row < source.length; row++) {
    if (source[row] === rowSource.fresh) hits++
    if (source[row] === rowSource.stale) stale++
    if (embeddings.truncated[row] === 1) truncated++
  }
  return {
    backend: servedBy(embeddings.trail),
    cache: cacheState(hits, stale, source.length),
    hits: hits + stale,
    degraded: isDegraded(embeddings),
    lost: degradation(embeddings.trail),
    attempts: attemptsOf(embeddings.trail),
    truncated,
    ran: ranOn(embeddings.trail),
  }
}

const cacheState = (fresh: number, stale: number, rows: number): CacheState => {
  if (stale > 0) return 'stale'
  if (fresh === 0) return 'miss'
  return fresh === rows ? 'hit' : 'partial'
}

/** Puts the honest headers on an answer. `x-request-id` is on every answer already. */
export const setHonestHeaders = (reply: FastifyReply, answer: Provenance, rows: number, space: SpaceId): void => {
  reply.header('x-embedgate-backend', headerSafe(answer.backend))
  reply.header('x-embedgate-space', space)
  reply.header('x-embedgate-cache', answer.cache)
  reply.header('x-embedgate-cache-hits', `${answer.hits}/${rows}`)
  reply.header('x-embedgate-degraded', answer.degraded ? 'true' : 'false')
  reply.header('x-embedgate-attempts', String(answer.attempts))
  reply.header('x-embedgate-truncated', answer.truncated > 0 ? 'true' : 'false')
}

/** Configured names may hold any character; a header may not, and Node would throw. */
const headerSafe = (name: string): string => name.replace(/[^\x20-\x7e]/g, '?')
