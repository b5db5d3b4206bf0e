import type { Clock } from '../core/clock.ts'

/** Until when what a replica made is known to be right. */
export interface Proof {
  /** A measurement by all references begins. */
  begin(): void
  /** All that has been measured since `begin` was right: so was what was made before. */
  pass(): void
  /** Wall-clock milliseconds; when the replica was made, as long as nothing has passed. */
  untilMs(): number
}

/** No proof yet. */
export const proof = (clock: Clock): Proof => {
  const moment = () => ({ nowMs: clock.now(), wallMs: clock.wallNow() })
  let begun = moment()
  let proven = begun
  return {
    begin: () => {
      begun = moment()
    },
    pass: () => {
      proven = begun
    },
    // Wall clocks are set, mostly soon after a start. Whichever way, the earlier time leaves out nothing.
    untilMs: () => Math.min(proven.wallMs, clock.wallNow() - (clock.now() - proven.nowMs)),
  }
}
