import type { BackendPlan, ModelPlan, RequestPlan } from '../plan.ts'
import type { Random } from '../random.ts'
import { textOf } from '../texts.ts'

/** What requests are drawn for. */
export interface DrawnFor {
  readonly models: readonly ModelPlan[]
  readonly backends: readonly BackendPlan[]
  readonly arrivalsMs: number
  readonly isCalm: boolean
}

/** Requests in expectation, whichever way they arrive. */
const requests = 100
const longestText = 320

/** A hundred requests or so, over few texts, so that they meet in the cache and in flight. */
export const drawRequests = (random: Random, drawn: DrawnFor): RequestPlan[] => {
  const pool = Array.from({ length: random.pick([4, 20, 100]) }, (_, at) =>
    textOf(`t${at}`, random.chance(0.1) ? longestText : random.integer(4, 80)),
  )
  return arrivalsOf(random, drawn).map((atMs) => drawRequest(random, atMs, pool, drawn))
}

/** When requests come: as they like, in bursts, or in herds that ask for the same in one moment. */
const arrivalsOf = (random: Random, { arrivalsMs, isCalm }: DrawnFor): number[] => {
  const size = isCalm ? 1 : random.pick([1, 1, 5, 20])
  const within = random.pick([0, 1, 200])
  const times: number[] = []
  // Before its engines have started a gateway refuses: not in calm histories.
  for (
    let at = (isCalm ? 1_000 : 0) + random.gap(500);
    at < arrivalsMs;
    at += random.gap((arrivalsMs * size) / requests)
  ) {
    for (let one = 0; one < size; one++) times.push(at + random.between(0, within))
  }
  return times.sort((a, b) => a - b)
}

const drawRequest = (
  random: Random,
  atMs: number,
  pool: readonly string[],
  { models, isCalm }: DrawnFor,
): RequestPlan => {
  const [first = { name: '' }, ...others] = models
  const texts = Array.from({ length: sizeOf(random, isCalm) }, () => drawText(random, pool))
  const isHasty = !isCalm && random.chance(0.1)
  const leaves = random.chance(0.1)
  return {
    atMs,
    model: random.pick([first, ...others]).name,
    tenant: random.pick(['red', 'red', 'green', 'blue']),
    texts,
    headers: {
      ...(random.chance(0.1) && { 'cache-control': random.pick(['no-cache', 'no-store']) }),
      ...(random.chance(0.15) && { 'x-embedgate-priority': random.pick(['interactive', 'bulk']) }),
      ...(isHasty && { 'x-stainless-timeout': String(random.between(0.01, 1)) }),
    },
    ...(leaves && { leavesAfterMs: random.gap(random.pick([1, 50, 1_000])) }),
  }
}

const sizeOf = (random: Random, isCalm: boolean): number => {
  if (random.chance(0.6)) return 1
  return random.chance(0.9) || isCalm ? random.integer(2, 6) : random.integer(7, 40)
}

/** Early texts of the pool far more often than late ones. */
const drawText = (random: Random, pool: readonly string[]): string =>
  pool[Math.floor(pool.length * random.next() ** 2)] ?? ''
