/**
 * The order in which layers stand, outermost first. Plugins fill slots by name; when a plugin was registered does not
 * matter. Slots marked `own` belong to the chain and cannot be filled or removed.
 *
 * `cache` stands before `admit`, so that stored answers are served under overload. `singleflight` stands behind `cache`,
 * so that only misses join. A retry may go to another replica, so `balance` is inside `retry`; limit, breaker and timeout
 * judge one replica, so they are inside `balance`. What waits for a place in `limit` has not been sent, so `breaker` is asked
 * behind it: a line that waits for a replica breaks up as soon as its breaker opens.
 */
export const order = {
  /** Once a request. */
  request: ['observe', 'deadline', 'cache', 'singleflight', 'admit', 'degrade'],
  /** Once a tier that is tried. */
  tier: ['observe', 'split', 'retry', 'balance'],
  /** Once a try on one replica. */
  try: ['observe', 'limit', 'breaker', 'timeout', 'validate'],
} as const

/** Slots that the chain fills itself: without them an answer could be late, wrong, or missing. */
export const ownSlots = [
  'request.deadline',
  'request.singleflight',
  'request.degrade',
  'tier.split',
  'tier.balance',
  'try.validate',
] as const

/** The name of any slot, e.g. `try.timeout`. */
export type Slot = { [Scope in keyof typeof order]: `${Scope}.${(typeof order)[Scope][number]}` }[keyof typeof order]

/** The slots that plugins may fill. `observe` slots take any number of layers, the others one. */
export type OpenSlot = Exclude<Slot, (typeof ownSlots)[number]>
