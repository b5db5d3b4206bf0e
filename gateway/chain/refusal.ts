import type { Call } from '../core/call.ts'
import type { Try } from '../core/embeddings.ts'
import { BackendError, GatewayError, outcomeOf, reasonOf, retryAfterOf } from '../core/errors.ts'
import type { Step } from './degrade.ts'

/** A tier that was called and did not answer. */
export interface Refused {
  readonly step: Pick<Step, 'computing' | 'bar'>
  /** `EG_DEADLINE` only when the time of the whole call was up for whoever computed. */
  readonly error: unknown
}

/** A model loads in seconds, and a queue that is full drains in about one. */
const defaultRetryAfterMs = 1_000

/** A lost worker is replaced in less than 3 s. */
const restartMs = 3_000

/**
 * What a caller is told when no tier answered: `EG_DEADLINE` when its time is up; `EG_NOT_READY` when something is still
 * starting and nothing has served yet, or when what was lost is being started again; `EG_OVERLOADED` when all that were
 * called are healthy but full; otherwise `EG_CHAIN_EXHAUSTED`, with the time after which the first breaker lets a call
 * through.
 */
export const refusal = (
  model: string,
  call: Pick<Call, 'deadline'>,
  steps: readonly Pick<Step, 'computing' | 'bar' | 'hasServed' | 'isComing'>[],
  refused: readonly Refused[],
  trail: readonly Try[],
): GatewayError => {
  const tried = trail.map((step) => `${step.backend} ${step.reason ?? step.outcome}`).join(', ')
  const cause = refused.at(-1)?.error
  const called = refused.filter(({ step }) => step.computing)
  if (call.deadline.remainingMs() <= 0 || reasonOf(called.at(-1)?.error) === 'EG_DEADLINE') {
    return new GatewayError('EG_DEADLINE', `the request ran out of time: ${tried}`, { cause })
  }
  const computing = steps.filter((step) => step.computing)
  const isComing = computing.some((step) => step.isComing())
  if (isComing && !computing.some((step) => step.hasServed())) {
    const detail = { retryAfterMs: defaultRetryAfterMs, cause }
    return new GatewayError('EG_NOT_READY', `${model} is still starting: ${tried}`, detail)
  }
  const telling = called.filter(({ error }) => reasonOf(error) !== 'late')
  const refusals = telling.map(({ error }) => error)
  if (refusals.length > 0 && refusals.every((error) => outcomeOf(error) === 'overload')) {
    const retryAfterMs = Math.min(...refusals.map((error) => retryAfterOf(error) ?? Infinity))
    return new GatewayError('EG_OVERLOADED', `all that can compute ${model} are busy: ${tried}`, {
      retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : defaultRetryAfterMs,
      cause,
    })
  }
  if (refusals.length > 0 && refusals.every((error) => reasonOf(error) === 'rejected')) {
    return new GatewayError('EG_INPUT_REJECTED', 'no engine can compute a text of this request', { cause })
  }
  // One that is back may still be behind its breaker.
  if (refusals.every(isStartedAgain) && (isComing || telling.some(({ step }) => !step.bar()))) {
    const detail = { retryAfterMs: restartMs, cause }
    return new GatewayError('EG_NOT_READY', `what computes ${model} is being started again: ${tried}`, detail)
  }
  const retryAfterMs = Math.min(...computing.map((step) => step.bar()?.retryAfterMs ?? Infinity))
  return new GatewayError('EG_CHAIN_EXHAUSTED', `nothing could answer for ${model}: ${tried}`, {
    ...(Number.isFinite(retryAfterMs) && { retryAfterMs }),
    cause,
  })
}

const isStartedAgain = (error: unknown): boolean =>
  error instanceof BackendError && (error.fault === 'crash' || error.fault === 'unavailable')
