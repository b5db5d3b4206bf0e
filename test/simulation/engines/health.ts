import type { BackendParts } from '../../../gateway/core/backend.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { deadFaults, faultAt, type FaultName } from '../faults.ts'
import type { BackendPlan } from '../plan.ts'

/** What surrounds a simulated engine. */
export interface Surroundings {
  readonly plan: BackendPlan
  readonly replica: number
  /** Time outside the gateway. */
  readonly clock: Clock
}

/** The fault of an engine now. */
export const faultNow = ({ plan, replica, clock }: Surroundings): FaultName | undefined =>
  faultAt(plan.replicas[replica]?.faults ?? [], clock.now())

/** A slow start takes this long: longer than a health answer may, shorter than a model may load. */
const slowStartMs = 4_000
const startMs = 20

/** How an engine starts and says how it is, by its faults. */
export const lifeOf = (surroundings: Surroundings): Required<Pick<BackendParts, 'start' | 'health'>> => {
  const { clock, plan } = surroundings
  return {
    start: async () => {
      const isSlow = faultNow(surroundings) === 'slow_start'
      await new Promise<void>((resolve) => clock.after(isSlow ? slowStartMs : startMs, resolve))
      const fault = faultNow(surroundings)
      if (fault === 'absent' && plan.optional) throw new BackendError('absent', 'no such device')
      if (fault !== undefined && deadFaults.includes(fault)) throw new BackendError('unavailable', fault)
    },
    health: async () => {
      if (!plan.hasHealth) return { state: 'up' }
      const fault = faultNow(surroundings)
      if (fault === 'absent' && plan.optional) return { state: 'absent' }
      if (fault === 'hang' || fault === 'blackhole') return new Promise(() => {})
      return fault !== undefined && deadFaults.includes(fault) ? { state: 'down', detail: fault } : { state: 'up' }
    },
  }
}
