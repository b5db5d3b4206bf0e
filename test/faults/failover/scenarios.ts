import type { Scenario } from './first-tier.ts'
import { localPools } from './local-pool.ts'
import { remotes } from './remote.ts'

/** Every way to lose a first tier. */
export const scenarios: readonly Scenario[] = [...localPools, ...remotes]
