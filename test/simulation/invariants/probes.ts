import type { Checker } from './checker.ts'

/** A breaker that is half-open lets one call through at a time. */
export const probes: Checker = {
  name: 'one probe',
  check: ({ world: { engines } }) => (engines.mostProbes > 1 ? [`${engines.mostProbes} probes at once`] : []),
}
