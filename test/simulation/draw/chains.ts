import type { BackendPlan, ModelPlan } from '../plan.ts'
import type { Random } from '../random.ts'

/** Backends and the chains that name them. */
export interface DrawnChains {
  readonly backends: readonly BackendPlan[]
  readonly models: readonly ModelPlan[]
}

/** One to three models, each with one to three computing tiers of its own or those of an earlier one. */
export const drawChains = (random: Random, isCalm: boolean): DrawnChains => {
  const backends: BackendPlan[] = []
  const models: ModelPlan[] = []
  const count = random.pick([1, 1, 1, 2, 2, 3])
  for (let at = 0; at < count; at++) {
    const name = `m${at}`
    const earlier = models[0]
    const onTooLong = random.chance(0.3) ? 'refuse' : 'truncate'
    if (earlier && random.chance(0.5)) {
      models.push({ name, onTooLong, chain: earlier.chain })
      continue
    }
    const maxTokens = random.pick([16, 32, 64])
    const tiers = Array.from({ length: random.pick([1, 2, 2, 3]) }, (_, tier) =>
      drawBackend(random, `b${at}${tier}`, { space: `s${at}`, maxTokens, isCalm, isFirst: tier === 0 }),
    )
    backends.push(...tiers)
    const chain = tiers.map((tier) => tier.name)
    models.push({ name, onTooLong, chain: random.chance(0.6) ? [...chain, 'cached'] : chain })
  }
  return { backends, models }
}

interface Given {
  readonly space: string
  readonly maxTokens: number
  readonly isCalm: boolean
  readonly isFirst: boolean
}

const drawBackend = (random: Random, name: string, { space, maxTokens, isCalm, isFirst }: Given): BackendPlan => {
  const kind = random.chance(0.3) ? 'worker' : 'remote'
  const isTight = !isCalm && random.chance(0.3)
  return {
    name,
    kind,
    space,
    maxTokens,
    latencyMs: random.between(1, 40),
    msPerToken: random.between(0.05, kind === 'worker' ? 1 : 0.5),
    limits: { texts: random.pick([2, 8, 64]), ...(random.chance(0.3) && { tokens: random.integer(64, 512) }) },
    queueTokens: isTight ? random.integer(100, 600) : 1_000_000,
    optional: isFirst && random.chance(0.3),
    hasHealth: random.chance(0.8),
    replicas: Array.from({ length: random.pick([1, 1, 2, 3]) }, () => ({ faults: [] })),
    policy: {
      ...(random.chance(0.6) && { timeoutMs: isCalm ? 5_000 : random.integer(100, 2_000) }),
      ...(isTight && { maxConcurrency: random.integer(1, 4) }),
    },
  }
}
