import { firstTier, secondTier } from './first-tier.ts'

/** Deadline of every request: the default. */
export const deadlineMs = 10_000

/** Cool-down of the breakers, give or take a fifth. */
export const cooldownMs = 1_000

/** The configuration of a gateway with a tier that is to be lost before the processor. */
export const twoTiers = (entry: Readonly<Record<string, unknown>>) => ({
  server: { requestTimeoutMs: deadlineMs },
  backends: {
    [firstTier]: entry,
    [secondTier]: { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2', workers: 1 },
  },
  models: { 'all-MiniLM-L6-v2': { chain: [firstTier, secondTier] } },
  breaker: { burst: { cooldownMs }, rate: { cooldownMs } },
})
