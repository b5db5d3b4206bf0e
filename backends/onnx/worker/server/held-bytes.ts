import { Refusal } from '../engine/refusal.ts'

/** Counts what pieces in work hold, all connections together. */
export interface HeldBytes {
  /**
   * Takes a piece on; returns how to give it back.
   *
   * @throws Refusal `busy` when it would be too much
   */
  take(bodyBytes: number, texts: number): () => void
}

/**
 * Nothing held yet. A piece counts with its texts as they were sent, and with its rows, which have their place from the
 * beginning. One piece is always taken, however large.
 *
 * @param dims width of a row of float32
 */
export const heldBytes = (maxBytes: number, dims: number): HeldBytes => {
  let held = 0
  return {
    take(bodyBytes, texts) {
      const bytes = bodyBytes + texts * dims * Float32Array.BYTES_PER_ELEMENT
      if (held > 0 && held + bytes > maxBytes) throw new Refusal('busy', 'too many texts are held')
      held += bytes
      return () => {
        held -= bytes
      }
    },
  }
}
