import type { Call } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import type { EmbedBatch, Embeddings, Try } from '../core/embeddings.ts'
import { BackendError, isTurnedAway, outcomeOf, reasonOf } from '../core/errors.ts'
import type { EmbedFn, Layer } from '../core/layer.ts'
import { withTrail } from '../core/trail.ts'
import type { Model } from '../core/model.ts'
import type { Replica } from './replica.ts'
import { isCallable, type Tier } from './tier.ts'

/** A replica with the layers of a try around it. */
export interface Target {
  readonly replica: Replica
  readonly embed: EmbedFn
}

/** Which replicas of a tier have failed which call: what `balance` notes, and whoever thinks of another try asks. */
export interface FailedReplicas {
  note(call: Call, replica: Replica): void
  has(call: Call, replica: Replica): boolean
}

/** No replica has failed any call. A call that nobody holds any more is forgotten. */
export const failedReplicas = (): FailedReplicas => {
  const failed = new WeakMap<Call, Set<Replica>>()
  return {
    note: (call, replica) => void failed.set(call, (failed.get(call) ?? new Set()).add(replica)),
    has: (call, replica) => failed.get(call)?.has(replica) ?? false,
  }
}

/** Whether a replica of a tier can be called that has not failed `call` yet, and that no other call has found gone. */
export const hasOther = (
  model: Pick<Model, 'minParity'>,
  tier: Pick<Tier, 'replicas'>,
  failed: Pick<FailedReplicas, 'has'>,
  call: Call,
): boolean =>
  tier.replicas.some((replica) => isCallable(model, replica) && !replica.isSuspect && !failed.has(call, replica))

/** What `balance` decides by. */
export interface BalanceOptions {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/**
 * Calls the less loaded of two random replicas that can be called ("power of two choices"), notes the try in the answer's or
 * the error's trail, and the replica's parity with the rows. A further try of the same call goes to a replica that has not
 * failed it yet, while there is one; a replica that another call has found gone is passed over, while there are others. One
 * that turns the call away after all, its breaker or its limit, is not tried, and another one is picked at once.
 *
 * @param failed who has failed which call
 * @throws BackendError `unavailable` when no replica can be called
 */
export const balance = (
  tier: Pick<Tier, 'name' | 'position' | 'computing'>,
  targets: readonly Target[],
  failed: FailedReplicas,
  options: BalanceOptions,
): Layer => {
  const replicas = targets.map(({ replica }) => replica)

  const tryOn = async (target: Target, batch: EmbedBatch, call: Call): Promise<Embeddings> => {
    const { replica } = target
    const startMs = options.clock.now()
    const step = (end: Pick<Try, 'outcome' | 'reason' | 'ran'>): Try => ({
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
        trail: [...answer.trail, step({ outcome: 'success', ...(answer.ran && { ran: answer.ran }) })],
      }
    } catch (error) {
      replica.suspect(error)
      if (!isTurnedAway(error)) failed.note(call, replica)
      throw withTrail(error, [
        isTurnedAway(error)
          ? step({ outcome: 'skipped', reason: whyTurnedAway(error, replica) })
          : step({ outcome: outcomeOf(error), reason: reasonOf(error) }),
      ])
    } finally {
      replica.inFlight--
    }
  }

  return (_next, { model }) => {
    const pick = (call: Call, turnedAway: ReadonlySet<Replica>): Target => {
      const callable = targets.filter(({ replica }) => isCallable(model, replica))
      const untried = thoseThat(callable, (replica) => !failed.has(call, replica) && !turnedAway.has(replica))
      // One that has gone refuses at once, and so has always the fewest calls in flight.
      const present = thoseThat(untried, (replica) => !replica.isSuspect)
      const target = lessLoadedOfTwo(present, options.random)
      if (!target) throw new BackendError('unavailable', `${tier.name}: no replica can be called`)
      return target
    }

    return async (batch, call) => {
      // Of this try alone: a replica that was full for a moment has failed nobody.
      const turnedAway = new Set<Replica>()
      for (;;) {
        const target = pick(call, turnedAway)
        try {
          return await tryOn(target, batch, call)
        } catch (error) {
          if (!isTurnedAway(error)) throw error
          turnedAway.add(target.replica)
          const others = replicas.filter((replica) => !turnedAway.has(replica))
          if (!hasOther(model, { replicas: others }, failed, call)) throw error
        }
      }
    }
  }
}

/** A breaker has opened, or let another call through, since the replica was picked. */
const whyTurnedAway = ({ fault }: BackendError, replica: Replica): string =>
  fault === 'open' ? (replica.bar()?.reason ?? 'breaker_open') : fault

/** The targets whose replicas are so; all when none is. */
const thoseThat = (targets: readonly Target[], is: (replica: Replica) => boolean): readonly Target[] => {
  const found = targets.filter(({ replica }) => is(replica))
  return found.length > 0 ? found : targets
}

const lessLoadedOfTwo = (targets: readonly Target[], random: () => number): Target | undefined => {
  const [only] = targets
  if (targets.length <= 1) return only
  const first = Math.floor(random() * targets.length)
  const second = (first + 1 + Math.floor(random() * (targets.length - 1))) % targets.length
  const [a, b] = [targets[first], targets[second]]
  return a && b && b.replica.inFlight < a.replica.inFlight ? b : a
}
