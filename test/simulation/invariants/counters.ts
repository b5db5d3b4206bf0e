import { rowSource } from '../../../gateway/core/embeddings.ts'
import { isDegraded } from '../../../gateway/core/trail.ts'
import type { History } from '../history.ts'
import type { Checker } from './checker.ts'

/** Counters say what was seen from outside. */
export const counters: Checker = {
  name: 'true counters',
  check: (history) => [...answersOf(history), ...triesOf(history), ...lookupsOf(history)],
}

const answersOf = ({ world, asked }: History): string[] => {
  const answered = asked.flatMap(({ answer }) => answer ?? [])
  const seen = {
    texts_total: sum(answered.map(({ tokens }) => tokens.length)),
    tokens_total: sum(answered.map(({ tokens }) => sum(tokens))),
    truncated_total: sum(answered.map(({ truncated }) => sum(truncated))),
    degraded_total: answered.filter(isDegraded).length,
  }
  return Object.entries(seen).flatMap(([name, value]) => {
    const counted = world.meter.total(name)
    return counted === value ? [] : [`${name} is ${counted}, and ${value} were seen`]
  })
}

const triesOf = ({ world }: History): string[] => {
  const breaches: string[] = []
  for (const [backend, { outcomes, tries }] of world.tries.tiers) {
    for (const [outcome, count] of outcomes) {
      const counted = world.meter.total('backend_requests_total', { backend, outcome })
      if (counted !== count) breaches.push(`${backend} counts ${counted} tries that ended in ${outcome}, of ${count}`)
    }
    const counted = world.meter.total('backend_requests_total', { backend })
    if (counted !== tries) breaches.push(`${backend} counts ${counted} tries of ${tries}`)
  }
  const inFlight = sum(world.meter.levels('backend_in_flight'))
  if (inFlight !== 0) breaches.push(`backend_in_flight is ${inFlight} at rest`)
  return breaches
}

/** Those who got no answer were counted too. */
const lookupsOf = ({ world, asked }: History): string[] => {
  const rowsFrom = (source: number): number =>
    sum(asked.map(({ answer }) => answer?.source.filter((each) => each === source).length ?? 0))
  const fresh = rowsFrom(rowSource.fresh)
  const hits = world.meter.total('cache_requests_total', { result: 'hit' })
  const joined = rowsFrom(rowSource.joined)
  const shared = world.meter.total('singleflight_shared_total')
  return [
    ...(hits < fresh ? [`${fresh} fresh rows were answered, and ${hits} hits counted`] : []),
    ...(shared < joined ? [`${joined} joined rows were answered, and ${shared} counted`] : []),
  ]
}

const sum = (numbers: Iterable<number>): number => {
  let total = 0
  for (const number of numbers) total += number
  return total
}
