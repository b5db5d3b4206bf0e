import type { Priority } from '../../../../../../gateway/core/call.ts'
import type { Entry } from '../../../../../../backends/onnx/worker/queue/entry.ts'

/** An entry that knows its number, for assertions. */
export interface NumberedEntry extends Entry {
  readonly number: number
}

/** What can be said of an entry. */
export interface EntryFacts {
  readonly length?: number
  readonly tenant?: string
  readonly priority?: Priority
  readonly atMs?: number
  readonly deadlineAtMs?: number
  readonly alone?: boolean
}

/** Makes entries with rising numbers: ten interactive tokens of tenant `t` at 0 ms, without a deadline, by default. */
export const entryMaker = () => {
  let made = 0
  return (facts: EntryFacts = {}): NumberedEntry => ({
    number: made++,
    ids: new Int32Array(facts.length ?? 10),
    tenant: facts.tenant ?? 't',
    priority: facts.priority ?? 'interactive',
    enqueuedAtMs: facts.atMs ?? 0,
    deadlineAtMs: facts.deadlineAtMs ?? Number.POSITIVE_INFINITY,
    alone: facts.alone,
  })
}
