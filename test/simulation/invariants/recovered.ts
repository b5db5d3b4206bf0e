import type { Checker } from './checker.ts'

/** Once nothing fails any more, first tiers answer again within the cool-down and two probes more. */
export const recovered: Checker = {
  name: 'recovery',
  check: ({ recovery: { afterMs, boundMs, missing } }) =>
    afterMs === undefined ? [`after ${boundMs} ms: ${missing}`] : [],
}
