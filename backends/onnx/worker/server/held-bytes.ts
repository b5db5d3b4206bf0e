/** Counts the bytes of requests that are held, all connections together. */
export interface HeldBytes {
  /** Takes `bytes` and returns how to give them back; undefined when they would be too many. */
  take(bytes: number): (() => void) | undefined
}

/** Nothing held yet. At least one request is always taken, however large. */
export const heldBytes = (maxBytes: number): HeldBytes => {
  let held = 0
  return {
    take(bytes) {
      if (held > 0 && held + bytes > maxBytes) return undefined
      held += bytes
      return () => {
        held -= bytes
      }
    },
  }
}
