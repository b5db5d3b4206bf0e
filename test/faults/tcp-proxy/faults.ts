/** What happens to the bytes of one direction. Without keys they pass as they are. */
export interface StreamFaults {
  /** Every byte arrives so much later; `Infinity` holds all bytes until this is changed. Their order stays. */
  readonly latencyMs?: number
  /** Up to so much more, drawn anew for each chunk. */
  readonly jitterMs?: number
  readonly bytesPerSecond?: number
  /** One byte at a time, one in so many milliseconds. */
  readonly trickleMs?: number
  /** After so many bytes of a connection it is closed, in both directions, as if all had been said. */
  readonly truncateAfterBytes?: number
  /** One wrong byte in so many: `replaced` all its bits are turned, `inserted` a zero is put before it. */
  readonly garbage?: { readonly everyBytes: number; readonly how: 'replaced' | 'inserted' }
  /** The end of the stream arrives so much later than its last byte. */
  readonly closeDelayMs?: number
}

/**
 * What happens to connections:
 * `forward` they are passed on; `refuse` new ones find no listener, open ones go on; `reset` open ones are reset now, and
 * new ones as soon as they are accepted; `blackhole` new ones are accepted and go nowhere, and of open ones every byte and
 * every end is swallowed. A connection that has lost bytes stays black for ever: only new ones know of better times.
 */
export type ConnectionFault = 'forward' | 'refuse' | 'reset' | 'blackhole'

/** What a proxy does wrong. `{}` is a good network. */
export interface Faults {
  /** `forward` by default. */
  readonly connections?: ConnectionFault
  /** From the client to the target. */
  readonly up?: StreamFaults
  /** From the target to the client. */
  readonly down?: StreamFaults
}
