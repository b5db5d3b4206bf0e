import { BackendError, GatewayError, outcomeOf } from '../../../gateway/core/errors.ts'
import type { EmbedFn, Layer } from '../../../gateway/core/layer.ts'

/** A layer in the place of what a plugin would put there. */
type Mutant = (real: Layer | undefined) => Layer

const passing: Layer = (next) => next

/** Tries five times whatever it was told. */
export const stubbornRetry: Mutant = () => (next) => {
  const again: EmbedFn = async (batch, call) => {
    for (let tries = 1; tries < 5; tries++) {
      try {
        return await next(batch, call)
      } catch (error) {
        if (call.endedBy || outcomeOf(error) === 'caller') throw error
      }
    }
    return next(batch, call)
  }
  return again
}

/** Counts the places of a replica, and does not give one back after the first failure. */
export const leakyLimit: Mutant =
  () =>
  (next, { policy, backend }) => {
    const places = policy?.maxConcurrency
    if (places === undefined || places < 2 || backend?.queueing === true) return next
    let taken = 0
    let hasLost = false
    return async (batch, call) => {
      if (taken >= places) throw new BackendError('busy', 'all places are taken')
      taken++
      try {
        const answer = await next(batch, call)
        taken--
        return answer
      } catch (error) {
        if (hasLost) taken--
        hasLost = true
        throw error
      }
    }
  }

/** Opens at the third failure, for ever. */
export const suspiciousBreaker: Mutant = () => (next) => {
  let failures = 0
  return async (batch, call) => {
    if (failures >= 3) throw new BackendError('open', 'it has failed before')
    try {
      return await next(batch, call)
    } catch (error) {
      if (outcomeOf(error) === 'failure') failures++
      throw error
    }
  }
}

/** Does everything twice on the way back. */
export const twice: Mutant =
  (real = passing) =>
  (next, where) =>
    real(real(next, where), where)

/** Refuses every tenth request for texts of the pool: those that recovery is judged by go through. */
export const refusingAdmission: Mutant =
  (real = passing) =>
  (next, where) => {
    const admitted = real(next, where)
    let seen = 0
    return async (batch, call) => {
      if (batch.texts[0]?.startsWith('t') && ++seen % 10 === 0) throw new GatewayError('EG_OVERLOADED', 'no')
      return admitted(batch, call)
    }
  }
