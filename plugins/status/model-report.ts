import type { ServedModel } from '../../gateway/core/served-model.ts'
import type { ModelReport, TierReport } from './status-report.ts'
import { tierReport, type ReplicaFacts } from './tier-report.ts'

/** One model with its chain, as it is now. */
export const modelReport = (served: ServedModel, facts: ReplicaFacts): ModelReport => {
  const { model } = served
  const chain = served.tiers().map((tier) => tierReport(tier, facts))
  const answering = chain.find((tier) => canCompute(tier) && tier.condition !== 'failing') ?? chain.find(canCompute)
  return {
    name: model.name,
    aliases: [...model.aliases],
    space: model.spaceId,
    minParity: model.minParity,
    state: stateOf(chain, answering),
    ...(answering && { answeredBy: answering.name }),
    chain,
  }
}

/**
 * The computing tiers that should answer before the one that does. A device that is not on this machine, or is still being
 * looked for, was not lost: answers do not count as degraded either.
 */
export const lostTiers = (chain: readonly TierReport[]): readonly TierReport[] => {
  const end = chain.findIndex((tier) => canCompute(tier) && !isUnsure(tier))
  return chain.slice(0, end < 0 ? undefined : end).filter((tier) => tier.computing && !isNotPresent(tier))
}

const canCompute = ({ computing, available }: TierReport): boolean => computing && available

const isUnsure = ({ condition }: TierReport): boolean => condition === 'half-open' || condition === 'failing'

const isNotPresent = ({ condition, optional }: TierReport): boolean =>
  condition === 'absent' || (optional && (condition === 'starting' || condition === 'probing'))

const stateOf = (chain: readonly TierReport[], answering: TierReport | undefined): ModelReport['state'] => {
  if (answering) return lostTiers(chain).length > 0 ? 'degraded' : 'serving'
  const isComing = chain.some(
    ({ computing, condition }) => computing && (condition === 'starting' || condition === 'probing'),
  )
  return isComing ? 'starting' : 'down'
}
