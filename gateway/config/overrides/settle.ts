import { checkMeaning } from '../check-meaning.ts'
import { checkShape } from '../check.ts'
import type { Fault } from '../fault.ts'
import type { Config } from '../schema.ts'
import { valueAt, withOverrides, type Override } from './override.ts'
import { isWithin, runtimeSections } from './sections.ts'

/** What becomes of overrides that an earlier run has left. */
export interface Settled {
  readonly inForce: readonly Override[]
  /** Lines for people about those that are dropped, and why. */
  readonly warnings: readonly string[]
}

/** Everything that is wrong with a whole configuration. */
export const faultsOf = (config: unknown): readonly Fault[] => [...checkShape(config), ...checkMeaning(config).faults]

/**
 * Holds overrides against the file: one whose key has another value in the file than when it was changed is dropped, for whoever
 * has edited the file has done so later; so is one that this version does not know or take.
 */
export const settle = (config: Config, overrides: readonly Override[]): Settled => {
  const inForce: Override[] = []
  const warnings: string[] = []
  for (const override of overrides) {
    const reason = whyNot(config, override)
    if (reason === undefined) inForce.push(override)
    else
      warnings.push(
        `${override.key}: ${override.value}, set by ${override.by} at ${override.at}, is dropped: ${reason}`,
      )
  }
  return { inForce, warnings }
}

const whyNot = (config: Config, override: Override): string | undefined => {
  const { key, fileValue } = override
  const inFile = valueAt(config, key)
  if (!Object.values(runtimeSections).some((section) => isWithin(section, key)) || inFile === undefined)
    return 'it cannot be changed while the gateway runs'
  if (inFile !== fileValue)
    return `the file says ${JSON.stringify(inFile)} now, and said ${JSON.stringify(fileValue)} then`
  const [fault] = faultsOf(withOverrides(config, [override]))
  return fault?.reason
}

/** An override for people: `breaker.burst.failures is 3 instead of 5, set by admin from 127.0.0.1 at ...`. */
export const describeOverride = ({ key, value, fileValue, by, from, at }: Override): string =>
  `${key} is ${value} instead of ${fileValue}, set by ${by} from ${from} at ${at}`
