import type { History } from '../history.ts'
import { answers } from './answers.ts'
import { calm } from './calm.ts'
import type { Checker } from './checker.ts'
import { counters } from './counters.ts'
import { drift } from './drift.ts'
import { nothingLeft } from './nothing-left.ts'
import { probes } from './probes.ts'
import { recovered } from './recovered.ts'
import { sources } from './sources.ts'
import { tenants } from './tenants.ts'
import { tries } from './tries.ts'
import { usage } from './usage.ts'
import { vectors } from './vectors.ts'

/** All that must hold in every history. */
export const invariants: readonly Checker[] = [
  answers,
  vectors,
  drift,
  tenants,
  sources,
  usage,
  tries,
  probes,
  nothingLeft,
  recovered,
  counters,
  calm,
]

/** One invariant that did not hold. */
export interface Breach {
  readonly invariant: string
  readonly what: string
}

/** What did not hold in a history. */
export const breachesOf = (history: History): Breach[] =>
  invariants.flatMap((each) => each.check(history).map((what) => ({ invariant: each.name, what })))
