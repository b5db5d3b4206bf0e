import type { BackendContext, BackendParts } from '../../gateway/core/backend.ts'
import type { SimulatedClock } from './clock.ts'
import { remoteEngine } from './engines/remote.ts'
import { simulatedWorker, type SimulatedWorker } from './engines/worker.ts'
import type { Ledger } from './ledger.ts'
import type { BackendPlan } from './plan.ts'
import { randomOf } from './random.ts'

/** What a kind makes its backends of. */
export interface Making {
  readonly plan: BackendPlan
  readonly context: Pick<BackendContext<unknown>, 'name' | 'replica'>
  readonly world: {
    readonly clock: SimulatedClock
    readonly ledger: Ledger
    readonly workers: SimulatedWorker[]
    readonly seed: number
  }
}

const remoteKind = ({ plan, context: { name, replica }, world }: Making): BackendParts =>
  remoteEngine({
    plan,
    replica,
    clock: world.clock.outside,
    ledger: world.ledger,
    random: randomOf(world.seed).of(`${name}/${replica}`),
  })

const workerKind = ({ plan, context: { replica }, world: { clock, ledger, workers } }: Making): BackendParts => {
  const worker = simulatedWorker({ plan, replica, clock: clock.outside, engineClock: clock, ledger })
  workers.push(worker)
  return worker.parts
}

/** The kinds of simulated backends, by name. */
export const kinds: Readonly<Record<BackendPlan['kind'], (making: Making) => BackendParts>> = {
  remote: remoteKind,
  worker: workerKind,
}
