import { classTurns, otherClass } from '../../../gateway/core/class-turns.ts'
import type { Priority } from '../../../gateway/core/call.ts'

/** Somebody who waits for a place. */
export interface Waiter {
  readonly tenant: string
  readonly tokens: number
  priority: Priority
}

/** Who waits for a place, in the order in which they get one: by class, then by tenant in turn, then by age. */
export interface Line<W extends Waiter> {
  readonly size: number
  /** How many wait in a class. */
  sizeOf(priority: Priority): number
  /** Tokens of all who wait. */
  readonly tokens: number
  add(waiter: W): void
  /** Takes somebody out; nothing happens when they do not wait. */
  remove(waiter: W): void
  /** Moves somebody to a higher class. */
  raise(waiter: W, priority: Priority): void
  /** Takes out whose turn it is. */
  next(): W | undefined
  /** The last who came of the bulk class. */
  lastBulk(): W | undefined
}

/** What bulk is owed before its turn: about one full call of an engine. A larger call is paid for afterwards. */
const turnTokens = 2_048

/** An empty line. Its length is bounded by whoever fills it. */
export const line = <W extends Waiter>(): Line<W> => {
  const classes: Readonly<Record<Priority, W[]>> = { interactive: [], bulk: [] }
  let turns = classTurns(turnTokens)
  /** Of each class, the tenants by when they had their last turn, longest ago first. */
  const served: Record<Priority, string[]> = { interactive: [], bulk: [] }
  let tokens = 0

  const size = (): number => classes.interactive.length + classes.bulk.length
  const remove = (waiter: W): void => {
    const waiting = classes[waiter.priority]
    const at = waiting.indexOf(waiter)
    if (at < 0) return
    waiting.splice(at, 1)
    tokens -= waiter.tokens
  }
  /** The oldest of the tenant whose last turn was longest ago; one who had none is first. */
  const inTurn = (priority: Priority): W | undefined => {
    let best: W | undefined
    let bestTurn = Infinity
    for (const waiter of classes[priority]) {
      const turn = served[priority].indexOf(waiter.tenant)
      if (turn >= bestTurn) continue
      best = waiter
      bestTurn = turn
      if (turn < 0) break
    }
    return best
  }
  const tookTurn = ({ tenant, priority }: W): void => {
    const list = served[priority]
    const at = list.indexOf(tenant)
    if (at >= 0) list.splice(at, 1)
    // Whoever does not wait any more has no turn to wait for.
    const waiting = new Set(classes[priority].map((waiter) => waiter.tenant))
    served[priority] = [...list.filter((other) => waiting.has(other)), tenant]
  }

  return {
    get size() {
      return size()
    },
    sizeOf: (priority) => classes[priority].length,
    get tokens() {
      return tokens
    },
    add: (waiter) => {
      // While nobody waits, everybody gets what they ask for, and nothing of it is counted here: no debt outlasts that.
      if (size() === 0) turns = classTurns(turnTokens)
      classes[waiter.priority].push(waiter)
      tokens += waiter.tokens
    },
    remove,
    raise: (waiter, priority) => {
      if (waiter.priority === priority || !classes[waiter.priority].includes(waiter)) return
      remove(waiter)
      waiter.priority = priority
      classes[priority].push(waiter)
      tokens += waiter.tokens
    },
    next: () => {
      const priority = turns.next(classes.interactive.length > 0, classes.bulk.length > 0)
      const waiter = inTurn(priority)
      if (!waiter) return undefined
      remove(waiter)
      turns.ran(priority, waiter.tokens, classes[otherClass[priority]].length > 0)
      tookTurn(waiter)
      return waiter
    },
    lastBulk: () => classes.bulk.at(-1),
  }
}
