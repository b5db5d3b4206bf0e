import type { Plan } from './plan.ts'
import { said } from './said.ts'
import { freshRequest } from './recovery.ts'
import type { Caller } from './requests.ts'
import type { World } from './world.ts'

/** What a gateway holds when nobody asks for anything. */
export interface Rest {
  /** Calls in flight, by what the chain says of its replicas. */
  readonly inFlight: number
  /** Texts and tokens in the queues of workers. */
  readonly queued: number
  /** Timers of the gateway that are armed. */
  readonly timers: number
  /** Requests that were refused although a first tier had room for all of them. */
  readonly refused: readonly string[]
  /** Timers that are armed after the gateway was closed. */
  readonly afterClose: number
}

/** By then nothing of the faulty time is under way: no request of the longest deadline, no probe that was begun. */
const quietMs = 20_001

/** Longer than any engine takes for two short texts. */
const canaryMs = 2_000

/**
 * Waits until nothing is under way, asks each first tier for as much as it takes at once, and closes the gateway. It is
 * measured in the moment of the last answer, before what was left armed has had time to fire.
 */
export const restOf = async (plan: Plan, world: World, caller: Caller, hasRecovered: boolean): Promise<Rest> => {
  const { app, clock } = world
  await clock.advance(quietMs)
  const refused = hasRecovered ? await fillPlaces(plan, world, caller) : []
  // A canary may be under way.
  for (let waited = 0; waited < canaryMs && world.tries.running() > 0; waited++) await clock.advance(1)
  const levels = world.workers.map((worker) => worker.level())
  const rest = {
    inFlight: app.backends.replicas().reduce((sum, { inFlight }) => sum + inFlight, 0),
    queued: levels.reduce((sum, { texts, tokens }) => sum + texts + tokens, 0),
    timers: clock.armed,
    refused,
  }
  const closed = app.close()
  await clock.advance(0)
  await closed
  return { ...rest, afterClose: clock.armed }
}

/** As many requests at once as the first tier of each model has places: all must be answered, or a place was lost. */
const fillPlaces = async (plan: Plan, { clock }: World, caller: Caller): Promise<string[]> => {
  const refused: string[] = []
  for (const { name, chain } of plan.models) {
    const first = plan.backends.find((backend) => backend.name === chain[0])
    const places = first?.kind === 'remote' ? (first.policy.maxConcurrency ?? 1) : 1
    const all = Promise.all(
      Array.from({ length: places }, (_, at) => caller.ask(freshRequest(clock.now(), name, 1_000_000 + at))),
    )
    for (let waited = 0; waited < 2_000 && caller.running() > 0; waited++) await clock.advance(1)
    for (const { error, answer } of await all) {
      if (error !== undefined) refused.push(said(error))
      else if (answer?.trail.length !== 1) refused.push(answer?.trail.map(({ reason }) => reason).join(', ') ?? '')
    }
  }
  return refused
}
