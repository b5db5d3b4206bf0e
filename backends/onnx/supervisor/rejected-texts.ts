import { createHash } from 'node:crypto'
import type { Clock } from '../../../gateway/core/clock.ts'

/** Texts that have ended two workers. Nobody runs them again for a while, or each new request of one would end two more. */
export interface RejectedTexts {
  has(text: string): boolean
  add(text: string): void
}

/** How long a text is remembered. */
const keptMs = 600_000
/** The oldest are forgotten beyond this: below a megabyte of hashes. */
const mostTexts = 4_096

/** No text is rejected yet. Texts are kept as hashes. */
export const noRejectedTexts = (clock: Pick<Clock, 'now'>): RejectedTexts => {
  const addedAtMs = new Map<string, number>()
  const forgetOld = (): void => {
    for (const [hash, atMs] of addedAtMs) {
      if (clock.now() - atMs < keptMs && addedAtMs.size <= mostTexts) return
      addedAtMs.delete(hash)
    }
  }
  return {
    has(text) {
      // Nearly always: a hash of every text would cost more than all of this.
      if (addedAtMs.size === 0) return false
      forgetOld()
      return addedAtMs.has(hashOf(text))
    },
    add(text) {
      const hash = hashOf(text)
      addedAtMs.delete(hash)
      addedAtMs.set(hash, clock.now())
      forgetOld()
    },
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')
