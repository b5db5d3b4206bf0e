import { interactiveLatelyMs } from '../interactive-lately.ts'
import type { ClassQueue } from './queue/class-queue.ts'
import type { Entry } from './queue/entry.ts'
import type { DeviceProfile } from './profiles.ts'
import type { Queue } from './queue.ts'

/** Texts that run together. */
export interface Batch<E extends Entry> {
  /** Empty when nothing of the class whose turn it is can still be answered in time. */
  readonly rows: readonly E[]
  /** Taken out because their deadline has passed; not to be run. */
  readonly expired: readonly E[]
  /** rows x longest: what the device computes. */
  readonly paddedTokens: number
}

/** Share of the budget that a bulk batch may take while interactive texts come: what runs cannot be interrupted. */
const bulkBudgetRatio = 0.5

/**
 * Takes the next batch out of the queue: the text whose turn it is, then texts of similar length of the same class, from
 * all tenants in turn.
 *
 * The cost model: a batch takes `overheadTokens + rows x longest` units of time. A row joins when that is less than running
 * it alone, that is, when the padding it adds (to itself when it is shorter, to all others when it is longer) is less than
 * the overhead it saves, and while the batch stays within `budgetTokens`. So a core, whose overhead is a few tokens, runs
 * narrow batches of nearly equal lengths, and a graphics processor wide ones. Classes do not mix: a bulk text never makes
 * an interactive batch slower. While interactive texts come, bulk batches are half as large (of passages, bulk then computes
 * 6 % less). A text that runs alone waits until it is the oldest, or nothing else of its tenant waits.
 */
export const nextBatch = <E extends Entry>(queue: Queue<E>, profile: DeviceProfile, nowMs: number): Batch<E> => {
  const waiting = queue.turn()
  const rows: E[] = []
  const expired: E[] = []
  const take = (find: () => E | undefined): boolean => {
    for (let entry = find(); entry; entry = find()) {
      queue.remove(entry)
      const isLate = entry.deadlineAtMs <= nowMs
      ;(isLate ? expired : rows).push(entry)
      if (!isLate) return true
    }
    return false
  }
  take(() => waiting.seed(nowMs))
  const [seed] = rows
  if (!seed) return { rows, expired, paddedTokens: 0 }
  let longest = seed.ids.length
  const isShort = seed.priority === 'bulk' && nowMs - queue.lastInteractiveAtMs < interactiveLatelyMs
  const budgetTokens = isShort ? profile.budgetTokens * bulkBudgetRatio : profile.budgetTokens
  const bounded = { ...profile, budgetTokens }
  const next = (): number | undefined => bestLength(waiting, bounded, rows.length, longest)
  for (let length = seed.alone ? undefined : next(); length !== undefined; length = next()) {
    const wanted = length
    if (take(() => waiting.ofLength(wanted))) longest = Math.max(longest, wanted)
  }
  const paddedTokens = rows.length * longest
  queue.ran(seed.priority, paddedTokens)
  return { rows, expired, paddedTokens }
}

/** The waiting length that adds the least padding, undefined when none is worth adding or fits. */
const bestLength = (
  waiting: ClassQueue<Entry>,
  { budgetTokens, overheadTokens }: DeviceProfile,
  rows: number,
  longest: number,
): number | undefined => {
  const shorter = (): number | undefined => {
    if ((rows + 1) * longest > budgetTokens) return undefined
    for (let length = longest; length > 0 && longest - length < overheadTokens; length--) {
      if (waiting.countOf(length) > 0) return length
    }
    return undefined
  }
  const longer = (): number | undefined => {
    for (let length = longest + 1; rows * (length - longest) < overheadTokens; length++) {
      if ((rows + 1) * length > budgetTokens) return undefined
      if (waiting.countOf(length) > 0) return length
    }
    return undefined
  }
  const down = shorter()
  if (down === longest) return down
  const up = longer()
  if (down === undefined || up === undefined) return down ?? up
  return longest - down <= rows * (up - longest) ? down : up
}
