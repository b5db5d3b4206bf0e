/** How long things take in a replica's life, in milliseconds. */
export const pace = {
  /** An absent device, or a replica that drifted, is looked at again this often. */
  lookAgainMs: 60_000,
  healthEveryMs: 5_000,
  /** A health answer takes at most this, and a bad one is confirmed after this. */
  healthMs: 1_000,
  closeMs: 10_000,
  /**
   * A probe of a remote backend takes at most this: it has just answered its start, so its model is loaded, and its process may
   * have been taken from us since. As long as the default deadline of a request.
   */
  remoteProbeMs: 10_000,
  /** How often a serving replica is sent canaries, give or take a fifth: all shipped references that are not cut in about 20 minutes. */
  canaryEveryMs: 30_000,
  /** A canary waits in the queue as bulk work does. */
  canaryMs: 30_000,
} as const

/** References of one canary: little enough to cost nothing, two so that rows can be mixed up. */
export const canaryTexts = 2

/** Bad health answers in a row before a replica counts as lost: one may be a hiccup. */
export const badAnswers = 2

const backOff = { leastMs: 1_000, mostMs: 30_000 } as const

/**
 * How long to wait after `failures` failed starts before this one: random between 1 s and a ceiling that doubles from 2 s
 * to 30 s, so that replicas that went down together do not come back together.
 *
 * @param random uniform in [0, 1)
 */
export const backOffMs = (failures: number, random: () => number): number => {
  const ceilingMs = Math.min(backOff.mostMs, backOff.leastMs * 2 ** (failures + 1))
  return backOff.leastMs + random() * (ceilingMs - backOff.leastMs)
}
