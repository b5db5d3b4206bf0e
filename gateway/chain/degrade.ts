import type { Call } from '../core/call.ts'
import type { Embeddings, Try } from '../core/embeddings.ts'
import { BackendError, GatewayError, outcomeOf, reasonOf } from '../core/errors.ts'
import type { EmbedFn, Layer } from '../core/layer.ts'
import type { Bar, BarReason, ReplicaState } from '../core/served-model.ts'
import { trailOf, withTrail } from '../core/trail.ts'
import { refusal, type Refused } from './refusal.ts'

/** A tier as the chain calls it. */
export interface Step {
  readonly name: string
  readonly position: number
  readonly computing: boolean
  readonly queueing: boolean
  /** `serving` when it can be called. */
  state(): ReplicaState | BarReason
  /** What keeps all its serving replicas from being called. */
  bar(): Bar | undefined
  /** Its device may be missing on this machine. */
  readonly optional: boolean
  /** Whether any of its replicas has served since the start. */
  hasServed(): boolean
  /** See `Replica.isComing`, of any of them. */
  isComing(): boolean
  /** The drifts of its model's replicas, as `Drifts`; its own are told by their number. */
  readonly drifts: {
    count(): number
    hasDrifted(replica: number, count: number): boolean
  }
  readonly embed: EmbedFn
}

/** Kept for a reader of stored results behind the last computing tier: enough for one look-up, little of the whole. */
const staleReserve = { ms: 250, ratio: 0.05 } as const

/**
 * Tries the tiers in order until one answers all rows. A tier that cannot be called is skipped, and so is noted in the
 * trail; one that fails or refuses hands over to the next. Each computing tier gets an equal share of the time left, so
 * that a hung one leaves time for those behind it. An answer with rows of a replica that has drifted meanwhile is no answer.
 *
 * @throws the caller's own fault, or the reason its call was aborted with, at once
 * @throws GatewayError see `refusal`, when no tier answered. Every error carries the trail (`trailOf`).
 */
export const degrade =
  (steps: readonly Step[]): Layer =>
  (_next, { model }) =>
  async (batch, call) => {
    const trail: Try[] = []
    const refused: Refused[] = []
    for (const [index, step] of steps.entries()) {
      if (isOver(call)) break
      const state = step.state()
      if (state !== 'serving') {
        trail.push(skipped(step, isLookedFor(step, state) ? 'looked_for' : state))
        continue
      }
      const { attempt, spent } = step.computing ? share(call, step, steps.slice(index)) : whole(call)
      try {
        const count = step.drifts.count()
        const answer = await step.embed(batch, attempt)
        if (step.drifts.count() !== count) refuseDrifted(step, answer, count)
        return trail.length === 0 ? answer : { ...answer, trail: [...trail, ...answer.trail] }
      } catch (error) {
        const tries = trailOf(error)
        trail.push(...(tries.length > 0 ? tries : [skipped(step, reasonOf(error))]))
        if (outcomeOf(error) === 'caller') throw withTrail(error, trail)
        // What computes has a timer of its own, which may fire a moment before this call's; and a try that ends with its share
        // may say more of it than that: its engine hangs.
        const hasRunOut = isOutOfTime(error) || isOutOfTime(attempt.endedBy)
        const isShare = attempt.deadline.atMs < call.deadline.atMs
        refused.push({ step, error: hasRunOut && isShare ? spent(error) : error })
        if (hasRunOut && !isShare) break
      } finally {
        if (attempt !== call) attempt.release()
      }
    }
    throw withTrail(call.endedBy ?? refusal(model.name, call, steps, refused, trail), trail)
  }

/** @throws BackendError `invalid_rows` */
const refuseDrifted = ({ name, drifts }: Step, { trail }: Embeddings, count: number): void => {
  if (!trail.some(({ outcome, replica }) => outcome === 'success' && drifts.hasDrifted(replica, count))) return
  const lost = trail.map((each) =>
    each.outcome === 'success' ? ({ ...each, outcome: 'failure', reason: 'drifted' } as const) : each,
  )
  throw withTrail(new BackendError('invalid_rows', `${name}: a replica has drifted while it computed`), lost)
}

const isOver = (call: Call): boolean => call.endedBy !== undefined || call.deadline.remainingMs() <= 0

/** Whether it is not known yet if its device is on this machine. */
const isLookedFor = (step: Step, state: ReplicaState | BarReason): boolean =>
  step.optional && !step.hasServed() && (state === 'starting' || state === 'probing')

/** The time of one tier. */
interface Share {
  readonly attempt: Call
  /** What the tier ends with when it is over. */
  readonly spent: (cause?: unknown) => Error
}

/** All the time there is. */
const whole = (call: Call): Share => ({ attempt: call, spent: outOfTime })

/** A tier's part of the time. `steps` are it and those behind it. */
const share = (call: Call, step: Step, steps: readonly Step[]): Share => {
  const remainingMs = call.deadline.remainingMs()
  let sharers = 0
  let reserveMs = 0
  for (const each of steps) {
    if (each.state() !== 'serving') continue
    if (each.computing) sharers++
    else reserveMs = Math.min(staleReserve.ms, staleReserve.ratio * remainingMs)
  }
  if (sharers === 1 && reserveMs === 0) return whole(call)
  const spent = (cause?: unknown): Error => shareSpent(step, sharers === 1, cause)
  return { attempt: call.within((remainingMs - reserveMs) / sharers, spent), spent }
}

/**
 * A queue of its own that was too long is overload. Of anything else only a try can say whether it hangs: the share may have
 * been short.
 */
const shareSpent = ({ name, queueing }: Step, isLast: boolean, cause: unknown): Error => {
  const message = `${name}: no answer within its share of the deadline`
  if (queueing) return new BackendError('busy', message, { cause })
  return isLast ? outOfTime(cause) : new BackendError('late', message, { cause })
}

const outOfTime = (cause?: unknown): GatewayError =>
  new GatewayError('EG_DEADLINE', 'the request ran out of time for whatever computes', { cause })

const isOutOfTime = (error: unknown): boolean => reasonOf(error) === 'EG_DEADLINE'

const skipped = ({ name, position, computing }: Step, reason: string): Try => ({
  backend: name,
  replica: 0,
  tier: position,
  computing,
  outcome: 'skipped',
  reason,
  durationMs: 0,
})
