import { cache } from './cache.ts'
import { overview } from './overview.ts'
import { performance } from './performance.ts'
import { resilience } from './resilience.ts'
import type { DashboardSpec } from './spec.ts'

/** All dashboards; the name of a file is its uid. */
export const dashboards: readonly DashboardSpec[] = [overview, performance, resilience, cache]
