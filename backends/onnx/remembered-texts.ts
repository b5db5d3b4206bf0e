import { createHash } from 'node:crypto'
import type { Clock } from '../../gateway/core/clock.ts'

/** What is known of texts, by their hashes. It is forgotten `keptMs` after it was set last; beyond `mostTexts` the oldest is. */
export interface RememberedTexts<T> {
  get(text: string): T | undefined
  set(text: string, known: T): void
  delete(text: string): void
  /** What is known of all of them, without the texts. */
  values(): Iterable<T>
  /** Forgets the texts of which this is known. */
  forget(isOver: (known: T) => boolean): void
}

/** How long a text is remembered after something was learnt of it. */
export const keptMs = 600_000
/** Texts that are remembered at most: below a megabyte of hashes. */
export const mostTexts = 4_096

/** Nothing is known of any text yet. */
export const rememberedTexts = <T>(clock: Pick<Clock, 'now'>): RememberedTexts<T> => {
  const remembered = new Map<string, { readonly known: T; readonly atMs: number }>()

  const forgetOld = (): void => {
    for (const [hash, { atMs }] of remembered) {
      // In the order of `atMs`: `set` puts what it sets at the end.
      if (clock.now() - atMs < keptMs && remembered.size <= mostTexts) return
      remembered.delete(hash)
    }
  }

  return {
    get(text) {
      forgetOld()
      // Nearly always: a hash of every text would cost more than all of this.
      return remembered.size === 0 ? undefined : remembered.get(hashOf(text))?.known
    },
    set(text, known) {
      const hash = hashOf(text)
      remembered.delete(hash)
      remembered.set(hash, { known, atMs: clock.now() })
      forgetOld()
    },
    delete(text) {
      if (remembered.size > 0) remembered.delete(hashOf(text))
    },
    *values() {
      for (const { known } of remembered.values()) yield known
    },
    forget(isOver) {
      for (const [hash, { known }] of remembered) if (isOver(known)) remembered.delete(hash)
    },
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')
