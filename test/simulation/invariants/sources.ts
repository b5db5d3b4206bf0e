import { rowSource } from '../../../gateway/core/embeddings.ts'
import { isDegraded } from '../../../gateway/core/trail.ts'
import type { History } from '../history.ts'
import { answeredRows, ofRow, type AnsweredRow, type Checker } from './checker.ts'

/**
 * Where a row says it is from is true: computed and joined ones are of this request's time, fresh ones younger than `ttlMs`,
 * stale ones younger than `staleTtlMs` and marked; callers who refuse stored rows get none; who made it is in the chain.
 */
export const sources: Checker = {
  name: 'honest sources',
  check: (history) =>
    [...answeredRows(history)].flatMap((each) => {
      const breach = breachOf(each, history)
      return breach === undefined ? [] : [ofRow(each, breach)]
    }),
}

const breachOf = (each: AnsweredRow, { world, plan }: History): string | undefined => {
  const { asked, answer, endedMs, row, vector } = each
  const made = world.ledger.find(vector)
  if (made === undefined) return undefined
  const chain = plan.models.find(({ name }) => name === asked.plan.model)?.chain ?? []
  if (!chain.includes(made.backend)) return `was made by ${made.backend}, which is not in the chain`
  const { ttlMs, staleTtlMs } = plan.settings.cache
  // A row is at least as old as it was when its request came.
  const storedForMs = asked.atMs - (made.storedMs ?? Infinity)
  const source = answer.source[row]
  if ((source === rowSource.fresh || source === rowSource.stale) && 'cache-control' in asked.plan.headers) {
    return 'is a stored one, which its caller refuses'
  }
  if (source === rowSource.fresh) return storedForMs >= ttlMs ? `is fresh after ${storedForMs} ms` : undefined
  if (source === rowSource.stale) {
    if (storedForMs >= staleTtlMs) return `is stale for ${storedForMs} ms`
    return isDegraded(answer) ? undefined : 'is stale, and the answer does not say so'
  }
  // A flight whose pieces are computed one after the other can be joined until the last of them is.
  const mayBeMs = source === rowSource.joined ? plan.settings.server.bulkTimeoutMs : 0
  const doneForMs = asked.atMs - (made.doneMs ?? 0)
  if (doneForMs > mayBeMs) return `was computed ${doneForMs} ms before its request came`
  return made.atMs > endedMs ? 'was computed after its answer' : undefined
}
