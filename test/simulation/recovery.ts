import type { Plan, RequestPlan } from './plan.ts'
import type { Asked, Caller } from './requests.ts'
import type { World } from './world.ts'

/** How a gateway came back once nothing failed any more. */
export interface Recovery {
  /** How long it took until first tiers answered everything; undefined when they did not in time. */
  readonly afterMs: number | undefined
  /** The most it may take. */
  readonly boundMs: number
  /** For people: what was still missing at the end. */
  readonly missing: string
}

/** A trickle that lets breakers probe. */
const everyMs = 250
/** So many answers in a row by the first tier of each model. */
const wanted = 8
/** `gateway/chain/pace.ts`: a drifted replica, or an absent device, is looked at again after 60 s; with its start and probe. */
const lookedAtAgainMs = 65_000
/** Work of the faulty time may run until its deadline. */
const leftOverMs = 20_000

/**
 * Asks for a new text of each model now and then, until its first tier answers and every replica can be called, or until
 * that has taken too long: what a replica's life takes to start it again, then the cool-down of its breaker (with its
 * jitter), then the probes that close it.
 */
export const recover = async (plan: Plan, world: World, caller: Caller): Promise<Recovery> => {
  const { app, clock } = world
  const { burst, rate } = plan.settings.breaker
  const probes = Math.max(burst.successes, rate.successes) + 2
  const replicas = plan.backends.reduce((sum, backend) => sum + backend.replicas.length, 0)
  const boundMs =
    lookedAtAgainMs + leftOverMs + 1.2 * Math.max(burst.cooldownMs, rate.cooldownMs) + probes * replicas * 4 * everyMs
  const startMs = clock.now()
  const inARow = new Map(plan.models.map(({ name }) => [name, 0]))
  const note = (model: string, asked: Asked): void => {
    const tier = asked.answer?.trail.findLast(({ outcome }) => outcome === 'success')?.tier
    inARow.set(model, tier === 0 && asked.answer?.trail.length === 1 ? (inARow.get(model) ?? 0) + 1 : 0)
  }
  const missing = (): string =>
    [
      ...[...inARow]
        .filter(([, count]) => count < wanted)
        .map(([model, count]) => `${model} has ${count} good answers`),
      ...app.backends
        .replicas()
        .filter(({ state, barredBy }) => state !== 'serving' || barredBy !== undefined)
        .map(({ backend, replica, state, barredBy }) => `${backend}/${replica} is ${barredBy ?? state}`),
    ].join(', ')

  for (let round = 0; clock.now() - startMs <= boundMs; round++) {
    const left = missing()
    if (left === '') return { afterMs: clock.now() - startMs, boundMs, missing: '' }
    for (const { name } of plan.models)
      void caller.ask(freshRequest(clock.now(), name, round)).then((asked) => note(name, asked))
    await clock.advance(everyMs)
  }
  return { afterMs: undefined, boundMs, missing: missing() }
}

/** A request that neither the cache nor a computation in flight can answer. */
export const freshRequest = (atMs: number, model: string, number: number): RequestPlan => ({
  atMs,
  model,
  tenant: 'red',
  texts: [`fresh ${number}`],
  headers: { 'cache-control': 'no-store' },
})
