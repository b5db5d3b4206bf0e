import type { Clock } from '../../../gateway/core/clock.ts'

/** How fast wrong tokens are answered. */
export interface WrongTokens {
  /** Whether a token from this address is looked at now. */
  mayTry(address: string): boolean
  /** Waits before a wrong token from this address is answered. */
  hold(address: string): Promise<void>
}

/** How long the answer to a wrong token waits. */
export const heldMs = 1_000
/** Answers that wait for one address; until one is out, nothing of that address is looked at. */
export const heldPerAddress = 8
/** Answers that wait for all addresses. */
const heldAtMost = 256

/**
 * Bounds guesses to eight a second and address, whatever an attacker does side by side, while a script that asks with an old
 * token over and over keeps nobody else out.
 */
export const wrongTokens = (clock: Pick<Clock, 'after'>): WrongTokens => {
  const held = new Map<string, number>()
  let heldOfAll = 0
  const move = (address: string, by: 1 | -1): void => {
    heldOfAll += by
    const now = (held.get(address) ?? 0) + by
    if (now === 0) held.delete(address)
    else held.set(address, now)
  }
  return {
    mayTry: (address) => (held.get(address) ?? 0) < heldPerAddress && heldOfAll < heldAtMost,
    hold: (address) => {
      move(address, 1)
      return new Promise((resolve) => {
        clock.after(heldMs, () => {
          move(address, -1)
          resolve()
        })
      })
    },
  }
}
