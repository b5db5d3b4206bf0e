import type { Config } from '../schema.ts'
import { isMap } from '../with-defaults.ts'

/** What a key of a section that can be changed while the gateway runs may hold. */
export type Scalar = string | number | boolean

/** A key that an operator has changed while the gateway ran. */
export interface Override {
  /** Its path in the file, e.g. `breaker.burst.failures`. */
  readonly key: string
  readonly value: Scalar
  /** What the file said when it was changed. */
  readonly fileValue: Scalar
  /** Who changed it: the holder of the token is `admin`. */
  readonly by: string
  /** The address of that request, and its id. */
  readonly from: string
  readonly requestId: string
  /** When, as ISO 8601. */
  readonly at: string
}

/** Every key below `value` with what it holds, in order. */
export const leavesOf = (prefix: string, value: unknown): (readonly [key: string, value: Scalar])[] =>
  isMap(value)
    ? Object.entries(value).flatMap(([name, each]) => leavesOf(`${prefix}.${name}`, each))
    : [[prefix, value as Scalar]]

/** What a configuration holds at a key; undefined where there is none. */
export const valueAt = (config: Config, key: string): unknown => {
  let found: unknown = config
  for (const name of key.split('.')) found = isMap(found) && Object.hasOwn(found, name) ? found[name] : undefined
  return found
}

/** A copy of a configuration in which the overrides stand in place of what the file says. Keys that are not there are left out. */
export const withOverrides = (config: Config, overrides: readonly Pick<Override, 'key' | 'value'>[]): Config => {
  const changed = structuredClone(config)
  for (const { key, value } of overrides) {
    const names = key.split('.')
    const last = names.pop() ?? ''
    const parent = names.length === 0 ? undefined : valueAt(changed, names.join('.'))
    if (isMap(parent) && Object.hasOwn(parent, last)) parent[last] = value
  }
  return changed
}
