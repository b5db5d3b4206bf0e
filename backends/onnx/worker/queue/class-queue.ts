import type { Entry } from './entry.ts'
import { type Lane, createLane } from './lane.ts'

/**
 * A text that has waited this long goes before shorter ones of its tenant. Shortest first answers most callers sooner; a
 * quarter of a second is what it may cost the long ones before the queue becomes first come, first served.
 */
const ageCapMs = 250

/** The waiting texts of one class: tenants take turns. */
export interface ClassQueue<E extends Entry> {
  readonly size: number
  push(entry: E): void
  remove(entry: E): void
  /** The text that the next batch is built around, of the tenant whose turn it is. It keeps waiting. */
  seed(nowMs: number): E | undefined
  /** How many wait with exactly `length` tokens, without those that run alone. */
  countOf(length: number): number
  /** A text of exactly `length` tokens, of the next tenant that has one. It keeps waiting. */
  ofLength(length: number): E | undefined
}

/** An empty class. */
export const createClassQueue = <E extends Entry>(): ClassQueue<E> => {
  const lanes: Lane<E>[] = []
  const counts: number[] = []
  let size = 0
  let turn = 0

  /** The next tenant, in turn, for which `find` finds something. */
  const inTurn = (find: (lane: Lane<E>) => E | undefined): E | undefined => {
    for (let step = 0; step < lanes.length; step++) {
      const at = (turn + step) % lanes.length
      const found = lanes[at] && find(lanes[at])
      if (!found) continue
      turn = (at + 1) % lanes.length
      return found
    }
    return undefined
  }

  const drop = (lane: Lane<E>): void => {
    const at = lanes.indexOf(lane)
    lanes.splice(at, 1)
    if (at < turn) turn--
    if (turn >= lanes.length) turn = 0
  }

  return {
    get size() {
      return size
    },
    push(entry) {
      let lane = lanes.find(({ tenant }) => tenant === entry.tenant)
      if (!lane) lanes.push((lane = createLane(entry.tenant)))
      lane.push(entry)
      if (!entry.alone) counts[entry.ids.length] = (counts[entry.ids.length] ?? 0) + 1
      size++
    },
    remove(entry) {
      const { lane } = entry
      if (!lane) return
      lane.remove(entry)
      if (!entry.alone) counts[entry.ids.length] = (counts[entry.ids.length] ?? 1) - 1
      size--
      if (lane.size === 0) drop(lane)
    },
    seed: (nowMs) =>
      inTurn((lane) => {
        const oldest = lane.oldest()
        return oldest && nowMs - oldest.enqueuedAtMs >= ageCapMs ? oldest : (lane.shortest() ?? oldest)
      }),
    countOf: (length) => counts[length] ?? 0,
    ofLength: (length) => (counts[length] ? inTurn((lane) => lane.ofLength(length)) : undefined),
  }
}
