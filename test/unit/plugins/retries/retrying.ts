import type { AbortableCall } from '../../../../gateway/core/call.ts'
import { computed, type Embeddings, type Try } from '../../../../gateway/core/embeddings.ts'
import { outcomeOf, reasonOf } from '../../../../gateway/core/errors.ts'
import type { Alternatives, EmbedFn } from '../../../../gateway/core/layer.ts'
import type { RetrySettings } from '../../../../gateway/core/policy.ts'
import { withTrail } from '../../../../gateway/core/trail.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { retry } from '../../../../plugins/retries/retry.ts'

/** The step of a try, as `balance` notes it. */
export const stepOf = (end: Pick<Try, 'outcome' | 'reason'>): Try => ({
  backend: 'cpu',
  replica: 0,
  tier: 0,
  computing: true,
  durationMs: 0,
  ...end,
})

export const answer = (): Embeddings => ({
  ...computed([[1]], 1, [3]),
  trail: [stepOf({ outcome: 'success' })],
})

/** What a scripted test may say; the rest is usual: one replica, the last tier, full jitter drawn as its ceiling. */
export interface Script {
  /** How each try ends; those beyond the list answer. */
  readonly ends?: readonly (Error | 'answer')[]
  /** How long each try takes. */
  readonly tryMs?: number
  readonly settings?: Partial<RetrySettings>
  /** Retries that the budget allows. */
  readonly budget?: number
  readonly alternatives?: Partial<Alternatives>
  readonly timeoutMs?: number
  readonly random?: () => number
}

/** A layer around tries that end as scripted, on a clock that stands still. */
export const retrying = (script: Script = {}) => {
  const clock = fakeClock()
  const call: AbortableCall = callOf(clock, { timeoutMs: script.timeoutMs ?? 10_000 })
  /** When each try began. */
  const triedAtMs: number[] = []
  const reasons: string[] = []
  let budget = script.budget ?? 30
  let exhausted = 0
  const next: EmbedFn = async () => {
    const end = script.ends?.[triedAtMs.length] ?? 'answer'
    triedAtMs.push(clock.now())
    if (script.tryMs !== undefined) await new Promise<void>((resolve) => clock.after(script.tryMs ?? 0, resolve))
    if (end === 'answer') return answer()
    throw withTrail(end, [stepOf({ outcome: outcomeOf(end), reason: reasonOf(end) })])
  }
  const embed = retry(next, {
    clock,
    random: script.random ?? (() => 1),
    settings: () => ({ retries: 3, baseMs: 100, capMs: 5_000, ...script.settings }),
    budget: { take: () => budget > 0 && budget-- > 0 },
    alternatives: { lowerTier: () => false, sameTier: () => true, otherReplica: () => false, ...script.alternatives },
    onRetry: (reason) => void reasons.push(reason),
    onExhausted: () => exhausted++,
  })
  const ask = (): Promise<Embeddings | Error> => embed(batchOf(['a']), call).catch((error: unknown) => error as Error)
  return {
    clock,
    call,
    triedAtMs,
    reasons,
    ask,
    /** Asks, and lets all the time pass that it takes. */
    run: async (): Promise<Embeddings | Error> => {
      const asked = ask()
      await clock.advance(200_000)
      const ended = await asked
      call.release()
      return ended
    },
    exhausted: () => exhausted,
    budgetLeft: () => budget,
  }
}
