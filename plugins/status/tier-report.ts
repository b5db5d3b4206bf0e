import type { ReplicaStatus, TierStatus } from '../../gateway/core/served-model.ts'
import type { BreakerKey } from '../breakers/breakers.ts'
import type { BreakerStatus } from '../breakers/status.ts'
import type { LastError } from './last-errors.ts'
import { type Condition, type ReplicaReport, type TierReport, conditions } from './status-report.ts'

/** What is known of replicas besides what the chain says. */
export interface ReplicaFacts {
  breakerOf(backend: string, replica: number): (BreakerKey & BreakerStatus) | undefined
  errorOf(backend: string, replica: number): LastError | undefined
  /** Wall-clock milliseconds. */
  drainedSinceMs(backend: string): number | undefined
  /** What it last said of itself. */
  runsOn(backend: string, replica: number): string | undefined
  queueTokens(backend: string): number | undefined
  restarts(backend: string): number | undefined
}

/** One tier with its replicas, as it is now. */
export const tierReport = (tier: TierStatus, facts: ReplicaFacts): TierReport => {
  const replicas = tier.replicas.map((replica) => replicaReport(replica, facts))
  const best = replicas.reduce<ReplicaReport | undefined>(
    (found, each) => (found && rank(found) <= rank(each) ? found : each),
    undefined,
  )
  const queueTokens = facts.queueTokens(tier.name)
  const restarts = facts.restarts(tier.name)
  const drainedSinceMs = facts.drainedSinceMs(tier.name)
  const reason = best && reasonOf(best)
  return {
    name: tier.name,
    kind: tier.replicas[0]?.kind ?? 'unknown',
    computing: tier.computing,
    optional: tier.replicas.every(({ optional }) => optional),
    available: tier.available,
    condition: best?.condition ?? 'closed',
    sinceMs: best?.sinceMs ?? 0,
    ...(reason !== undefined && { reason }),
    ...(tier.detail !== undefined && { detail: tier.detail }),
    ...(drainedSinceMs !== undefined && { drainedSinceMs }),
    ...(queueTokens !== undefined && { queueTokens }),
    ...(restarts !== undefined && { restarts }),
    replicas,
  }
}

const rank = ({ condition }: ReplicaReport): number => conditions.indexOf(condition)

const replicaReport = (replica: ReplicaStatus, facts: ReplicaFacts): ReplicaReport => {
  const breaker = facts.breakerOf(replica.backend, replica.replica)
  const lastError = facts.errorOf(replica.backend, replica.replica)
  const runsOn = facts.runsOn(replica.backend, replica.replica)
  const drainedSinceMs = facts.drainedSinceMs(replica.backend)
  const condition = conditionOf(replica, breaker, drainedSinceMs !== undefined)
  const changedMs: Partial<Record<Condition, number | undefined>> = {
    drained: drainedSinceMs,
    open: breaker?.sinceMs,
    'half-open': breaker?.sinceMs,
  }
  return {
    replica: replica.replica,
    state: replica.state,
    condition,
    sinceMs: changedMs[condition] ?? replica.sinceMs,
    ...(replica.barredBy !== undefined && { barredBy: replica.barredBy }),
    ...(replica.detail !== undefined && { detail: replica.detail }),
    ...(runsOn !== undefined && { runsOn }),
    ...(replica.parity !== undefined && { parity: replica.parity }),
    inFlight: replica.inFlight,
    ...(breaker && { breaker: breakerReport(breaker) }),
    ...(lastError && { lastError }),
  }
}

/**
 * A drain outlasts what the breaker does, so it is told first. A half-open breaker bars nobody between two probes; the replica
 * is on trial all the same.
 */
const conditionOf = (replica: ReplicaStatus, breaker: BreakerStatus | undefined, isDrained: boolean): Condition => {
  if (replica.state !== 'serving') return replica.state
  if (isDrained) return 'drained'
  if (breaker && breaker.state !== 'closed') return breaker.state
  return breaker && isFailing(breaker) ? 'failing' : 'serving'
}

/** Half of five calls or more have failed: left to its rules, such a breaker is open or about to be. */
const isFailing = ({ mode, windows: { rate } }: BreakerStatus): boolean =>
  mode === 'forced-closed' && rate.failures >= 5 && rate.failures >= rate.calls / 2

const breakerReport = (status: BreakerKey & BreakerStatus): NonNullable<ReplicaReport['breaker']> => ({
  state: status.state,
  mode: status.mode,
  ...(status.cause !== undefined && { cause: status.cause }),
  sinceMs: status.sinceMs,
  ...(status.remainingMs !== undefined && { remainingMs: status.remainingMs }),
  ...(status.successes && { successes: status.successes }),
  calls: status.windows.rate.calls,
  failures: status.windows.rate.failures,
})

const reasonOf = ({ condition, breaker, detail, lastError }: ReplicaReport): string | undefined => {
  if (condition === 'serving') return undefined
  if (condition === 'open' || condition === 'half-open') {
    if (breaker?.mode === 'forced-open') return 'forced open by an operator'
    return `breaker: ${breaker?.cause ?? 'open'}${lastError ? `, last error ${lastError.reason}` : ''}`
  }
  if (condition === 'failing')
    return `${breaker?.failures} of ${breaker?.calls} calls failed, its breaker is forced closed`
  if (condition !== 'drained') return detail
  return breaker && breaker.state !== 'closed' ? `its breaker is ${breaker.state} too` : undefined
}
