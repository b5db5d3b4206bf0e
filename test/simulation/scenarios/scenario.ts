import type { FaultName } from '../faults.ts'
import type { BackendPlan, FaultWindow, Plan, RequestPlan } from '../plan.ts'
import { defaults } from '../draw/settings.ts'
import { randomOf, type Random } from '../random.ts'

/**
 * How a first tier is lost: `kill` its process is gone, and what asks is refused; `freeze` its worker hangs and is replaced
 * by one that hangs too; `reset` each answer breaks off; `blackhole` nothing comes back, not even a refusal.
 */
export const losses = ['kill', 'freeze', 'reset', 'blackhole'] as const

/** One of the ways. */
export type Loss = (typeof losses)[number]

const faultOf: Readonly<Record<Loss, FaultName>> = {
  kill: 'crash',
  freeze: 'hang',
  reset: 'reset',
  blackhole: 'blackhole',
}

/** A plan with one loss in it. */
export interface Scenario {
  readonly plan: Plan
  readonly lostMs: number
  readonly backMs: number
}

/** Requests a second, and how long before, in and after the loss. */
const load = { perSecond: 5, beforeMs: 10_000, lostMs: [10_000, 40_000], afterMs: 5_000 } as const

/**
 * Steady load on a chain of two computing tiers with the numbers that an empty file gives; its first tier is lost at a
 * random moment, and is back later. Of engines elsewhere, every other one has no health to ask for: only calls tell.
 */
export const drawScenario = (loss: Loss, seed: number): Scenario => {
  const random = randomOf(seed).of(loss)
  const lostMs = load.beforeMs + random.between(0, 5_000)
  const backMs = lostMs + random.between(...load.lostMs)
  const fault: FaultWindow = { fault: faultOf[loss], fromMs: lostMs, toMs: backMs }
  const isWorker = loss === 'freeze'
  const first = tierOf('first', isWorker ? 'worker' : 'remote', [fault])
  const backends = [{ ...first, hasHealth: isWorker || random.chance(0.5) }, tierOf('second', 'remote', [])]
  const plan: Plan = {
    seed,
    backends,
    models: [{ name: 'm', chain: ['first', 'second'], onTooLong: 'truncate' }],
    requests: steady(random, backMs + load.afterMs),
    settings: defaults,
    isCalm: false,
    healedMs: backMs,
  }
  return { plan, lostMs, backMs }
}

const tierOf = (name: string, kind: BackendPlan['kind'], faults: readonly FaultWindow[]): BackendPlan => ({
  name,
  kind,
  space: 's',
  maxTokens: 64,
  latencyMs: 10,
  msPerToken: 0.2,
  limits: { texts: 64 },
  queueTokens: 1_000_000,
  optional: false,
  hasHealth: true,
  replicas: [{ faults }],
  policy: {},
})

/** Texts that are all different: the cache has no part in this. */
const steady = (random: Random, untilMs: number): RequestPlan[] => {
  const requests: RequestPlan[] = []
  for (let at = 1_000; at < untilMs; at += random.gap(1_000 / load.perSecond)) {
    requests.push({ atMs: at, model: 'm', tenant: 'red', texts: [`text ${requests.length}`], headers: {} })
  }
  return requests
}
