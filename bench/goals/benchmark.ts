import type { Finding } from '../report/finding.ts'
import type { Settings } from './settings.ts'

/** One benchmark of the suite. */
export interface Benchmark {
  /** How it is named on the command line. */
  readonly id: string
  /** false: only when named, or in a long run. */
  readonly short: boolean
  run(settings: Settings): Promise<Finding>
}
