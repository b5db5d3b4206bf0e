import { createHash } from 'node:crypto'
import type { Clock } from '../../../gateway/core/clock.ts'

/**
 * What may be done with a text:
 * `clear` nothing is known of it; `alone` it was running when a worker was lost, so it runs in a batch of its own;
 * `withheld` it was so twice: no further worker is risked for it; `rejected` both workers are known to have died of it.
 */
export type Verdict = 'clear' | 'alone' | 'withheld' | 'rejected'

/**
 * Texts that were running when a connection to a remote worker was lost. All remote replicas of a space share it, so that a text that
 * ends workers ends two of them at most, however many there are, in each `keptMs`.
 *
 * A lost connection does not say whether the worker died. The next one does: the same instance lives, and its suspects are
 * cleared; another instance at the same address has taken the place of one that died.
 */
export interface Suspects {
  verdict(text: string): Verdict
  /** `text` was running when the connection to `instance` was lost. */
  note(text: string, instance: string): void
  /** It was answered. */
  clear(text: string): void
  /** `instance` has been connected to again: the network was at fault. */
  lives(instance: string): void
  /** Another instance answers in the place of `instance`. */
  died(instance: string): void
}

/** How long a text stays suspect after it was noted last. */
export const keptMs = 600_000
/** The oldest are forgotten beyond this: below a megabyte of hashes. */
export const mostTexts = 4_096
const lossesAtMost = 2

interface Suspect {
  atMs: number
  /** Where it was running, and whether that one is known to have died. */
  readonly died: Map<string, boolean>
}

/** Nobody is suspect yet. Texts are kept as hashes. */
export const noSuspects = (clock: Pick<Clock, 'now'>): Suspects => {
  const suspects = new Map<string, Suspect>()

  const forgetOld = (): void => {
    for (const [key, { atMs }] of suspects) {
      // In the order of `atMs`: `note` puts what it notes at the end.
      if (clock.now() - atMs < keptMs && suspects.size <= mostTexts) return
      suspects.delete(key)
    }
  }

  return {
    verdict(text) {
      forgetOld()
      // Nearly always: a hash of every text would cost more than all of this.
      if (suspects.size === 0) return 'clear'
      const losses = suspects.get(hashOf(text))?.died
      if (!losses) return 'clear'
      if (losses.size < lossesAtMost) return 'alone'
      return [...losses.values()].every(Boolean) ? 'rejected' : 'withheld'
    },
    note(text, instance) {
      const key = hashOf(text)
      const died = suspects.get(key)?.died ?? new Map<string, boolean>()
      suspects.delete(key)
      suspects.set(key, { atMs: clock.now(), died: died.set(instance, died.get(instance) ?? false) })
      forgetOld()
    },
    clear: (text) => {
      if (suspects.size > 0) suspects.delete(hashOf(text))
    },
    lives(instance) {
      for (const [key, { died }] of suspects) {
        died.delete(instance)
        if (died.size === 0) suspects.delete(key)
      }
    },
    died(instance) {
      for (const { died } of suspects.values()) if (died.has(instance)) died.set(instance, true)
    },
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')
