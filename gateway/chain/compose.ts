import type { Call } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'
import type { EmbedFn, Layer, Where } from '../core/layer.ts'
import type { Model } from '../core/model.ts'
import { order, type ownSlots, type Slot } from '../core/order.ts'
import { balance, failedReplicas, hasOther } from './balance.ts'
import { callBackend } from './call-backend.ts'
import { deadline } from './deadline.ts'
import { degrade } from './degrade.ts'
import type { Drifts } from './drifts.ts'
import { singleflight } from './singleflight.ts'
import { split } from './split.ts'
import type { Slots } from './slots.ts'
import { barOf, callState, type Tier } from './tier.ts'
import { validate } from './validate.ts'

/** What the chain's own layers work with. */
export interface ComposeOptions {
  readonly slots: Pick<Slots, 'layersOf'>
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly drifts: Pick<Drifts, 'count' | 'hasDrifted'>
  /** Told how many texts joined computations in flight. */
  readonly onShared?: (texts: number) => void
}

type OwnSlot = (typeof ownSlots)[number]
type OwnLayers = Readonly<Partial<Record<OwnSlot, Layer>>>

/** Puts the layers of one model together, by `order`: the whole way of a request. */
export const compose = (model: Model, tiers: readonly Tier[], options: ComposeOptions): EmbedFn => {
  const { drifts } = options
  const lowerCanCompute = (tier: Tier): boolean =>
    tiers.some((each) => each.position > tier.position && each.computing && callState(model, each) === 'serving')
  const steps = tiers.map((tier) => ({
    name: tier.name,
    position: tier.position,
    computing: tier.computing,
    queueing: tier.queueing,
    optional: tier.replicas.every((replica) => replica.status().optional),
    state: () => callState(model, tier),
    bar: () => barOf(model, tier),
    hasServed: () => tier.replicas.some((replica) => replica.hasServed),
    isComing: () => tier.replicas.some((replica) => replica.isComing),
    drifts: {
      count: drifts.count,
      hasDrifted: (at: number, count: number) => {
        const replica = tier.replicas[at]
        return replica !== undefined && drifts.hasDrifted(replica, count)
      },
    },
    embed: composeTier(model, tier, () => lowerCanCompute(tier), options),
  }))
  const own = {
    'request.deadline': deadline,
    'request.singleflight': singleflight(options.clock, options.onShared, drifts.count),
    'request.degrade': degrade(steps),
  }
  return stack('request', { model }, own, options, nothingBehind)
}

const composeTier = (model: Model, tier: Tier, lowerTier: () => boolean, options: ComposeOptions): EmbedFn => {
  const failed = failedReplicas()
  const alternatives = {
    lowerTier,
    sameTier: () => callState(model, tier) === 'serving',
    otherReplica: (call: Call) => hasOther(model, tier, failed, call),
  }
  const where = { model, tier: tier.name, computing: tier.computing, ...policyOf(tier), alternatives }
  const targets = tier.replicas.map((replica) => {
    const at = { ...where, backend: replica.backend }
    const embed = stack('try', at, { 'try.validate': validate }, options, callBackend(replica.backend))
    replica.canariesGo(model.spaceId, embed)
    return { replica, embed }
  })
  const own = { 'tier.split': split(limitsOf(tier)), 'tier.balance': balance(tier, targets, failed, options) }
  return stack('tier', where, own, options, nothingBehind)
}

const stack = (
  scope: keyof typeof order,
  where: Where,
  own: OwnLayers,
  { slots }: ComposeOptions,
  innermost: EmbedFn,
): EmbedFn =>
  order[scope]
    .map((name) => `${scope}.${name}` as Slot)
    .flatMap((slot) => (isOwn(slot, own) ? (own[slot] ?? []) : slots.layersOf(slot)))
    .reduceRight((next, layer) => layer(next, where), innermost)

const isOwn = (slot: Slot, own: OwnLayers): slot is OwnSlot => slot in own

/** `degrade` and `balance` choose what they call, and never call on. */
const nothingBehind: EmbedFn = () => Promise.reject(new GatewayError('EG_INTERNAL', 'nothing stands behind this layer'))

const policyOf = ({ replicas }: Tier): Pick<Where, 'policy'> => (replicas[0] ? { policy: replicas[0].policy } : {})

/** What every replica of a tier can take. */
const limitsOf = ({ replicas }: Tier): { texts: number; tokens?: number } => {
  const tokens = Math.min(...replicas.map(({ backend }) => backend.limits.tokens ?? Infinity))
  return {
    texts: Math.min(...replicas.map(({ backend }) => backend.limits.texts)),
    ...(Number.isFinite(tokens) && { tokens }),
  }
}
