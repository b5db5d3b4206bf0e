import type { TSchema } from 'typebox'

/** The part of JSON Schema in which defaults are looked for. */
interface Described {
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly items?: TSchema
}

/**
 * A copy of `value` in which every key left out has its default, in objects and lists at any depth; not inside unions and
 * maps. By hand, because the library's way, `typebox/value`, takes longer to load than all of the chain.
 */
export const withDefaults = (schema: TSchema, value: unknown): unknown => {
  const { default: own, properties, items }: Described = schema
  const given = value === undefined ? structuredClone(own) : value
  if (items && Array.isArray(given)) return given.map((item) => withDefaults(items, item))
  if (!properties || typeof given !== 'object' || given === null || Array.isArray(given)) return given
  const known = Object.entries(properties).map(([key, each]) => [key, withDefaults(each, valueOf(given, key))] as const)
  return { ...given, ...Object.fromEntries(known.filter(([, completed]) => completed !== undefined)) }
}

const valueOf = (map: object, key: string): unknown =>
  Object.hasOwn(map, key) ? (map as Record<string, unknown>)[key] : undefined
