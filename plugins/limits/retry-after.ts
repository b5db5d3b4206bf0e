/** What a refused caller is told while nobody knows how fast work is done, and the least and the most it is told otherwise. */
const bounds = { unknownMs: 1_000, leastMs: 100, mostMs: 30_000 } as const

/** In how many milliseconds a refused caller should come again. @param drainMs time until there should be room for it */
export const retryAfter = (drainMs: number | undefined): number =>
  Math.ceil(Math.min(bounds.mostMs, Math.max(bounds.leastMs, drainMs ?? bounds.unknownMs)))
