import type { Call } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import type { Try } from '../core/embeddings.ts'
import { BackendError, outcomeOf, reasonOf } from '../core/errors.ts'
import type { EmbedFn, Layer } from '../core/layer.ts'
import { withTrail } from '../core/trail.ts'
import type { Replica } from './replica.ts'
import { stateFor, type Tier } from './tier.ts'

/** A replica with the layers of a try around it. */
export interface Target {
  readonly replica: Replica
  readonly embed: EmbedFn
}

/** What `balance` decides by. */
export interface BalanceOptions {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/**
 * Calls the less loaded of two random replicas that serve ("power of two choices"), notes the try in the answer's or the
 * error's trail, and the replica's parity with the rows. A further try of the same call goes to a replica that has not failed it yet, while there is one.
 *
 * @throws BackendError `unavailable` when no replica serves
 */
export const balance =
  (tier: Pick<Tier, 'name' | 'position' | 'computing'>, targets: readonly Target[], options: BalanceOptions): Layer =>
  (_next, { model }) => {
    const failedFor = new WeakMap<Call, Set<Target>>()

    const pick = (call: Call): Target => {
      const serving = targets.filter(({ replica }) => stateFor(model, replica) === 'serving')
      const failed = failedFor.get(call)
      const untried = failed ? serving.filter((target) => !failed.has(target)) : serving
      const target = lessLoadedOfTwo(untried.length > 0 ? untried : serving, options.random)
      if (!target) throw new BackendError('unavailable', `${tier.name}: no replica serves`)
      return target
    }

    return async (batch, call) => {
      const target = pick(call)
      const { replica } = target
      const startMs = options.clock.now()
      const step = (end: Pick<Try, 'outcome' | 'reason'>): Try => ({
        backend: tier.name,
        replica: replica.backend.replica,
        tier: tier.position,
        computing: tier.computing,
        ...end,
        durationMs: options.clock.now() - startMs,
      })
      replica.inFlight++
      try {
        const answer = await target.embed(batch, call)
        return {
          ...answer,
          ...(replica.parity !== undefined && { parity: new Float32Array(batch.texts.length).fill(replica.parity) }),
          trail: [...answer.trail, step({ outcome: 'success' })],
        }
      } catch (error) {
        replica.suspect(error)
        failedFor.set(call, (failedFor.get(call) ?? new Set()).add(target))
        throw withTrail(error, [step({ outcome: outcomeOf(error), reason: reasonOf(error) })])
      } finally {
        replica.inFlight--
      }
    }
  }

const lessLoadedOfTwo = (targets: readonly Target[], random: () => number): Target | undefined => {
  const [only] = targets
  if (targets.length <= 1) return only
  const first = Math.floor(random() * targets.length)
  const second = (first + 1 + Math.floor(random() * (targets.length - 1))) % targets.length
  const [a, b] = [targets[first], targets[second]]
  return a && b && b.replica.inFlight < a.replica.inFlight ? b : a
}
