import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Meter } from '../core/meter.ts'
import type { Model } from '../core/model.ts'
import type { BackendEntry, Drift, ModelEntry, ServedModels } from '../core/served-model.ts'
import type { BackendKind } from '../core/backend.ts'
import { allFaults } from './all-faults.ts'
import { compose } from './compose.ts'
import { createBackends, type CreatedBackend } from './create-backends.ts'
import { drifts, type Drifts } from './drifts.ts'
import { canaryGauge, chainGauges } from './gauges.ts'
import { lifecycle } from './lifecycle.ts'
import { refuseTwoSpaces } from './one-space.ts'
import { planModel, type ModelPlan } from './plan-model.ts'
import type { Goldens, Replica } from './replica.ts'
import { servedModels } from './served-models.ts'
import type { Slots } from './slots.ts'
import { tierStatus, type Tier } from './tier.ts'

/** What a gateway serves from. */
export interface ServeOptions {
  readonly backends: Readonly<Record<string, BackendEntry>>
  readonly models: Readonly<Record<string, ModelEntry>>
  readonly kinds: ReadonlyMap<string, BackendKind>
  readonly slots: Pick<Slots, 'layersOf' | 'gatesOf'>
  readonly clock: Clock
  readonly log: Log
  readonly meter: Meter
  readonly dataDir: string
  readonly random: () => number
  /** Limit of a backend's start; 60 000 by default. */
  readonly modelLoadMs?: number
  /** Told when a replica that has served a model turns out to be wrong. */
  readonly onDrift?: (drift: Drift) => void
}

/** Models with their chains, and the replicas that serve them, not started yet. */
export interface Served {
  readonly models: ServedModels
  readonly replicas: readonly Replica[]
}

interface Chain {
  readonly model: Model
  readonly tiers: readonly Tier[]
  readonly drifts: Drifts
}

/**
 * Makes all that the configuration names, without side effects but reading files: backends, models, chains.
 *
 * @throws GatewayError `EG_CONFIG_INVALID`, `EG_CONFIG_SPACE_MISMATCH`, or what a kind's `create` throws
 */
export const serve = async (options: ServeOptions): Promise<Served> => {
  const { clock, log, meter, slots, random } = options
  const created = createBackends(options.backends, options.models, options.kinds, options)
  const plans: ModelPlan[] = []
  const faults = allFaults()
  for (const [name, entry] of Object.entries(options.models)) {
    try {
      plans.push(await planModel(name, entry, created))
    } catch (error) {
      faults.add(error)
    }
  }
  faults.refuseIfAny()
  const gauges = chainGauges(meter)
  const canaries = canaryGauge(meter)
  const shared = meter.counter(
    'singleflight_shared_total',
    'Texts answered by a computation that another request had begun.',
    ['model'],
  )

  const replicasOf = new Map<string, readonly Replica[]>()
  const chains: Chain[] = []
  const note = (name: string): void => {
    gauges.noteBackend(name, replicasOf.get(name) ?? [])
    for (const { model, tiers, drifts: own } of chains) {
      const tier = tiers.find((each) => each.name === name)
      if (!tier) continue
      gauges.noteModel(model, tiers)
      for (const replica of tier.replicas) own.note(replica)
    }
  }
  for (const each of created.values()) {
    const users = plans.filter(({ tiers }) => tiers.some((tier) => tier.created === each))
    if (users.length === 0) continue
    refuseTwoSpaces(each, users)
    const kept = users.flatMap(({ tiers }) => tiers).filter((tier) => tier.created === each)
    const goldens = goldensOf(each, users)
    if (goldens) gauges.noteFloor(each.name, goldens.minParity)
    const { policy, optional } = each
    const { modelLoadMs = 60_000 } = options
    const onChange = (): void => note(each.name)
    const noteCanary = canaries({ backend: each.name })
    const onCanary = (): void => noteCanary(clock.wallNow() / 1_000)
    replicasOf.set(
      each.name,
      each.replicas.slice(0, Math.max(...kept.map(({ replicas }) => replicas))).map((backend) =>
        lifecycle({
          backend,
          policy,
          optional,
          clock,
          log,
          random,
          modelLoadMs,
          onChange,
          onCanary,
          gates: slots.gatesOf({ backend, policy }),
          ...(goldens && { goldens }),
        }),
      ),
    )
  }

  const models = plans.map(({ model, tiers: planned }) => {
    for (const { detail } of planned) if (detail !== undefined) log.warn({ model: model.name }, detail)
    const tiers = planned.map(({ created: each, position, replicas, detail }) => ({
      name: each.name,
      position,
      computing: each.replicas[0].computing,
      queueing: each.replicas[0].queueing,
      replicas: (replicasOf.get(each.name) ?? []).slice(0, replicas),
      ...(detail !== undefined && { detail }),
    }))
    const ownDrifts = drifts(model, options.onDrift)
    chains.push({ model, tiers, drifts: ownDrifts })
    const countShared = shared({ model: model.name })
    const embed = compose(model, tiers, { slots, clock, random, drifts: ownDrifts, onShared: countShared })
    return { model, embed, tiers: () => tiers.map((tier) => tierStatus(model, tier)) }
  })
  for (const name of replicasOf.keys()) note(name)
  meter.onScrape(() => {
    for (const { model, tiers } of chains) gauges.noteModel(model, tiers)
  })
  return { models: servedModels(models), replicas: [...replicasOf.values()].flat() }
}

/** What a backend is measured by: the references of the first model it serves, and the lowest floor of all. */
const goldensOf = ({ replicas }: CreatedBackend, users: readonly ModelPlan[]): Goldens | undefined => {
  const known = users.find(({ model }) => model.references)?.model
  if (!known?.references || !replicas[0].computing) return undefined
  const minParity = Math.min(...users.map(({ model }) => model.minParity))
  return { references: known.references, space: known.spaceId, minParity }
}
