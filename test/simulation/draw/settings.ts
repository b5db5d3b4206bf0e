import { parseConfig } from '../../../gateway/config/load.ts'
import type { Settings } from '../plan.ts'
import type { Random } from '../random.ts'

/** What a file that says nothing says. */
export const defaults = parseConfig('simulation', '', {}).config

/** Settings: cool-downs and deadlines short enough to see what comes after them, limits tight enough to be met. */
export const drawSettings = (random: Random, isCalm: boolean): Settings => {
  const { server, limits, timeouts, breaker, retry } = defaults
  const requestTimeoutMs = isCalm ? 10_000 : random.integer(500, 8_000)
  return {
    server: { ...server, requestTimeoutMs, bulkTimeoutMs: 20_000 },
    cache: {
      memoryBytes: random.pick([8_192, 65_536, 1 << 20]),
      ttlMs: random.integer(500, 10_000),
      staleTtlMs: random.integer(10_000, 60_000),
    },
    limits: {
      ...limits,
      bulkTokens: random.integer(40, 400),
      queueTokens: !isCalm && random.chance(0.3) ? random.integer(200, 2_000) : limits.queueTokens,
    },
    timeouts: { ...timeouts, inferenceMs: isCalm ? 5_000 : random.integer(200, 3_000), modelLoadMs: 10_000 },
    breaker: {
      burst: { ...breaker.burst, failures: random.integer(2, 6), cooldownMs: random.integer(500, 4_000) },
      rate: {
        ...breaker.rate,
        minCalls: random.integer(5, 20),
        windowMs: random.integer(5_000, 60_000),
        cooldownMs: random.integer(1_000, 8_000),
        successes: random.integer(1, 4),
      },
    },
    retry: {
      ...retry,
      retries: random.integer(0, 3),
      budget: { ratio: random.between(0, 0.3), minPerSecond: random.between(0, 3) },
    },
  }
}
