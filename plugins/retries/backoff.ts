import type { RetrySettings } from '../../gateway/core/policy.ts'

/**
 * How long to wait before trying again: drawn uniformly from [0, min(`capMs`, `baseMs` x 2^`waits`)]. All of the wait is
 * random ("full jitter"), so that calls which failed together do not come back together.
 *
 * @param waits how often the call has waited before
 * @param random uniform in [0, 1)
 */
export const backoffMs = (
  waits: number,
  { baseMs, capMs }: Pick<RetrySettings, 'baseMs' | 'capMs'>,
  random: () => number,
): number => random() * Math.min(capMs, baseMs * 2 ** waits)
