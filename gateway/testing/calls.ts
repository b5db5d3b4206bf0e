import { openCall, type CallFacts, type Priority, type AbortableCall } from '../core/call.ts'
import { systemClock, type Clock } from '../core/clock.ts'
import { deadlineIn } from '../core/deadline.ts'
import type { EmbedBatch } from '../core/embeddings.ts'

/** A batch of `texts` that may be truncated, in a space of its own name, with the usual floor of parity. */
export const batchOf = (texts: readonly string[], overrides: Partial<EmbedBatch> = {}): EmbedBatch => ({
  texts,
  truncate: true,
  space: '0000000000000000',
  minParity: 0.999,
  ...overrides,
})

/** What a test may say of its call. */
export interface CallOverrides extends Partial<CallFacts> {
  /** 10 s by default. */
  readonly timeoutMs?: number
  /** `interactive` by default. */
  readonly priority?: Priority
}

/** An open call on `clock` (the system's by default). Release it, or abort it, when the test is done with it. */
export const callOf = (clock: Clock = systemClock, overrides: CallOverrides = {}): AbortableCall => {
  const { timeoutMs = 10_000, priority = 'interactive', ...facts } = overrides
  const usual: CallFacts = { requestId: 'test', tenant: 'default', cache: 'default' }
  return openCall(clock, { ...usual, ...facts }, priority, deadlineIn(clock, timeoutMs))
}
