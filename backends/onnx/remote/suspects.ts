import type { Clock } from '../../../gateway/core/clock.ts'
import { rememberedTexts } from '../remembered-texts.ts'

/**
 * What may be done with a text:
 * `clear` nothing is known of it; `alone` it was running when a worker was lost, so it runs in a batch of its own;
 * `withheld` it was so twice: no further worker is risked for it; `rejected` both workers are known to have died of it.
 */
export type Verdict = 'clear' | 'alone' | 'withheld' | 'rejected'

/**
 * Texts that were running when a connection to a remote worker was lost. All remote replicas of a space share it, so that a text that
 * ends workers ends two of them at most, however many there are, until it is forgotten.
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

/** Workers that may be lost while a text is running. */
const lossesAtMost = 2

/** Where a text was running, and whether that one is known to have died. */
type Losses = Map<string, boolean>

/** Nobody is suspect yet. */
export const noSuspects = (clock: Pick<Clock, 'now'>): Suspects => {
  const suspects = rememberedTexts<Losses>(clock)
  return {
    verdict(text) {
      const losses = suspects.get(text)
      if (!losses) return 'clear'
      if (losses.size < lossesAtMost) return 'alone'
      return [...losses.values()].every(Boolean) ? 'rejected' : 'withheld'
    },
    note(text, instance) {
      const losses: Losses = suspects.get(text) ?? new Map()
      suspects.set(text, losses.set(instance, losses.get(instance) ?? false))
    },
    clear: (text) => suspects.delete(text),
    lives: (instance) => suspects.forget((losses) => losses.delete(instance) && losses.size === 0),
    died(instance) {
      for (const losses of suspects.values()) if (losses.has(instance)) losses.set(instance, true)
    },
  }
}
