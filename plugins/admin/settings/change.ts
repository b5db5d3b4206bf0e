import { faultLine, type Fault } from '../../../gateway/config/fault.ts'
import { leavesOf, valueAt, type Override, type Scalar } from '../../../gateway/config/overrides/override.ts'
import { isChangeable, isWithin, settingsOf, type RuntimeSection } from '../../../gateway/config/overrides/sections.ts'
import { faultsOf } from '../../../gateway/config/overrides/settle.ts'
import type { Config } from '../../../gateway/config/schema.ts'
import { isMap } from '../../../gateway/config/with-defaults.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'

/** Who changes something, and when. */
export type Author = Pick<Override, 'by' | 'from' | 'requestId' | 'at'>

/** A key with what it held and what it holds now. */
export interface ChangedKey {
  readonly key: string
  readonly before: Scalar
  readonly after: Scalar
}

/**
 * The configuration after a section was posted: keys that are left out stay as they are. It is checked whole.
 *
 * @throws GatewayError `EG_INPUT_INVALID` with a line for each fault
 */
export const posted = (config: Config, section: RuntimeSection, body: unknown): Config => {
  if (!isMap(body)) throw invalid([{ path: [section.key], reason: 'expected a map of keys, as GET returns it' }])
  const fixed = Object.keys(body).filter((name) => !isChangeable(section, name))
  if (fixed.length > 0)
    throw invalid(
      fixed.map((name) => ({ path: [section.key, name], reason: 'cannot be changed while the gateway runs' })),
    )
  const candidate = { ...config, [section.key]: merged(config[section.key], body) }
  const faults = faultsOf(candidate)
  if (faults.length > 0) throw invalid(faults)
  return candidate
}

/**
 * The overrides that turn the file's configuration into `config`, for one section; those of other sections stay. A key that is
 * as before keeps its author, and one that is as in the file has no override.
 */
export const overridesFor = (
  file: Config,
  config: Config,
  section: RuntimeSection,
  before: readonly Override[],
  author: Author,
): readonly Override[] => {
  const others = before.filter(({ key }) => !isWithin(section, key))
  const own = leavesOf(section.key, settingsOf(config, section)).flatMap(([key, value]) => {
    const fileValue = valueAt(file, key) as Scalar
    if (value === fileValue) return []
    const known = before.find((each) => each.key === key && each.value === value)
    return [known ?? { key, value, fileValue, ...author }]
  })
  return [...others, ...own]
}

/** The keys of a section that two configurations differ in. */
export const changedKeys = (before: Config, after: Config, section: RuntimeSection): readonly ChangedKey[] =>
  leavesOf(section.key, settingsOf(after, section)).flatMap(([key, value]) => {
    const old = valueAt(before, key) as Scalar
    return old === value ? [] : [{ key, before: old, after: value }]
  })

const merged = (old: unknown, changes: unknown): unknown =>
  isMap(old) && isMap(changes)
    ? { ...old, ...Object.fromEntries(Object.entries(changes).map(([key, each]) => [key, merged(old[key], each)])) }
    : changes

const invalid = (faults: readonly Fault[]): GatewayError =>
  new GatewayError('EG_INPUT_INVALID', faults.map((fault) => faultLine(fault, '')).join('\n'), {
    param: faults[0]?.path.join('.') ?? 'body',
  })
