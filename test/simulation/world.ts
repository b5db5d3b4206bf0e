import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Type } from 'typebox'
import cached from '../../backends/cached/index.ts'
import chain from '../../gateway/chain/index.ts'
import type { BackendContext } from '../../gateway/core/backend.ts'
import type { BackendEntry, Drift } from '../../gateway/core/served-model.ts'
import breakers from '../../plugins/breakers/index.ts'
import cache from '../../plugins/cache/index.ts'
import limits from '../../plugins/limits/index.ts'
import observers from '../../plugins/metrics/observers.ts'
import retries from '../../plugins/retries/index.ts'
import timeouts from '../../plugins/timeouts/index.ts'
import store from '../../store/index.ts'
import { simulatedClock, type SimulatedClock } from './clock.ts'
import type { SimulatedWorker } from './engines/worker.ts'
import { kinds } from './kinds.ts'
import { ledger as emptyLedger, referencesOf, type Ledger } from './ledger.ts'
import { simulatedMeter, type SimulatedMeter } from './meter.ts'
import { swapLayers, type Mutation } from './mutation.ts'
import type { Plan } from './plan.ts'
import { randomOf } from './random.ts'
import { engineCalls, type EngineCalls } from './watch/engine-calls.ts'
import { watchStore } from './watch/store.ts'
import { tryWatch, type TryWatch } from './watch/tries.ts'

/** What a world may be told besides its plan. */
export interface WorldOptions {
  readonly mutation?: Mutation
  /** Told what happens, as it happens. */
  readonly tell?: (line: string) => void
}

/** A replica that turned out to be wrong, and when that was known. */
export interface KnownDrift {
  readonly backend: string
  readonly replica: number
  readonly atMs: number
}

/** A gateway with all around it that a history needs. */
export interface World {
  readonly app: FastifyInstance
  readonly clock: SimulatedClock
  readonly ledger: Ledger
  readonly meter: SimulatedMeter
  readonly tries: TryWatch
  readonly engines: EngineCalls
  readonly workers: readonly SimulatedWorker[]
  readonly drifts: readonly KnownDrift[]
  /**
   * The most timers that a gateway without requests has: one for each replica, another for its canaries, and what else is
   * looked at again and again.
   */
  readonly timersAtRest: number
}

/** Tenants of all histories. */
const tenants = ['red', 'green', 'blue'] as const

/**
 * Puts the gateway of a plan together. **The one place that registers plugins**: every plugin of `gateway/app.ts` that fills
 * a slot or makes a gate belongs into this list too, and a test says so.
 */
export const buildWorld = async (plan: Plan, { mutation = {}, tell = () => {} }: WorldOptions): Promise<World> => {
  const clock = simulatedClock()
  const chance = randomOf(plan.seed).of('gateway')
  const random = (): number => chance.next()
  const stamp = (line: string): void => tell(`${clock.now().toFixed(1).padStart(10)}  ${line}`)
  const ledger = emptyLedger()
  const engines = engineCalls(stamp)
  const tries = tryWatch()
  const workers: SimulatedWorker[] = []
  const drifts: KnownDrift[] = []
  const meter = simulatedMeter(({ name, labels }) => {
    if (name !== 'circuit_breaker_transitions_total') return
    engines.noteBreaker(labels['backend'] ?? '', labels['replica'] ?? '', labels['to'] ?? '')
    stamp(
      `breaker of ${labels['backend']}/${labels['replica']}: ${labels['from']} -> ${labels['to']}, ${labels['cause']}`,
    )
  })

  const app = Fastify()
  app.decorate('clock', clock)
  app.decorate('dataDir', '/nowhere')
  app.decorate('meter', meter.meter)
  await app.register(fp(async () => {}, { name: 'metrics' }))
  await app.register(unpressed)
  await app.register(unasked)

  const { settings } = plan
  await app.register(chain, { backends: entriesOf(plan), models: modelsOf(plan), ...settings.timeouts, random })
  const replaced = swapLayers(app, mutation)
  for (const [kind, make] of Object.entries(kinds)) {
    app.backends.register(kind, {
      options: Type.Object({ url: Type.String() }),
      create: (context: BackendContext<unknown>) => {
        const own = plan.backends.find(({ name }) => name === context.name)
        if (!own) throw new Error(`${context.name} is not in the plan`)
        const parts = make({ plan: own, context, world: { clock, ledger, workers, seed: plan.seed } })
        const { embed } = parts
        const references = referencesOf(own.space)
        return { ...parts, references, embed: engines.watched(own.name, context.replica, embed) }
      },
    })
  }
  app.chain.onDrift((drift) => {
    for (const found of driftedNow(app, drift)) {
      drifts.push({ ...found, atMs: clock.now() })
      stamp(`${found.backend}/${found.replica} is known to have drifted`)
    }
  })

  await app.register(store, settings.cache)
  watchStore(app, ledger)
  await app.register(cached, settings.cache)
  await app.register(cache, settings.cache)
  await app.register(limits, settings.limits)
  await app.register(breakers, { breaker: settings.breaker, timeouts: settings.timeouts, random })
  await app.register(timeouts, settings.timeouts)
  await app.register(retries, { ...settings.retry, random })
  await app.register(observers, { auth: { keys: tenants.map((tenant) => keyOf(tenant)) } })
  app.chain.fill('try.observe', tries.layer)
  replaced.fillRest()
  await app.ready()
  return {
    app,
    clock,
    ledger,
    meter,
    tries,
    engines,
    workers,
    drifts,
    timersAtRest: clock.armed + app.backends.replicas().filter(({ computing }) => computing).length,
  }
}

/** Memory, descriptors and the event loop are those of the process, which is not simulated: none of them is scarce. */
const unpressed = fp(
  async (app) => {
    app.decorate('pressure', {
      memory: { limit: { bytes: Infinity } as never, usedBytes: () => 0 },
      loopDelay: { percentile: () => 0 },
      connectionLimit: Infinity,
    })
  },
  { name: 'pressure' },
)

/** Nobody asks for its health. */
const unasked = fp(
  async (app) => {
    app.decorate('health', { add: () => {} } as never)
  },
  { name: 'health' },
)

const keyOf = (tenant: string) => ({ name: tenant, tenant, sha256: '', priority: 'interactive' }) as const

const entriesOf = ({ backends }: Plan): Record<string, BackendEntry> => ({
  ...Object.fromEntries(
    backends.map(({ name, kind, optional, replicas, policy }) => [
      name,
      { kind, optional, urls: replicas.map((_, replica) => String(replica)), ...policy },
    ]),
  ),
  cached: { kind: 'cached' },
})

const modelsOf = ({ models }: Plan) =>
  Object.fromEntries(models.map(({ name, chain: tiers, onTooLong }) => [name, { chain: tiers, onTooLong }]))

/** The replicas that a drift is about: it says only in which space. */
const driftedNow = (app: FastifyInstance, { space }: Drift) => {
  const found = app.models
    .list()
    .filter(({ model }) => model.spaceId === space)
    .flatMap((served) =>
      served.tiers().flatMap(({ replicas }) => replicas.filter((each) => (each.parity ?? 1) < served.model.minParity)),
    )
  return [...new Map(found.map(({ backend, replica }) => [`${backend}/${replica}`, { backend, replica }])).values()]
}
