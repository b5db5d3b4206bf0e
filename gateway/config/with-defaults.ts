import type { JsonSchema } from './describe.ts'

/**
 * A copy of `value` in which every key left out has its default, at any depth; a section left out, or left empty, is the
 * section of all defaults. What does not fit the schema is kept for the check to complain about.
 */
export const withDefaults = (schema: JsonSchema, value: unknown): unknown => {
  if (value === undefined && schema.default !== undefined) return structuredClone(schema.default)
  if (schema.items && Array.isArray(value)) return value.map((item) => withDefaults(schema.items ?? {}, item))
  if (schema.properties) return sectionWithDefaults(schema.properties, value)
  const each = schema.patternProperties && Object.values(schema.patternProperties)[0]
  if (each && isMap(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withDefaults(each, entry)]))
  }
  return value
}

/** Whether a value is a map of keys, not a list and not nothing. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const sectionWithDefaults = (properties: Readonly<Record<string, JsonSchema>>, value: unknown): unknown => {
  if (!isMap(value)) return value
  const filled: Record<string, unknown> = { ...value }
  for (const [key, schema] of Object.entries(properties)) {
    const isEmptySection = schema.properties !== undefined && (filled[key] === null || filled[key] === undefined)
    const completed = withDefaults(schema, isEmptySection ? {} : filled[key])
    if (completed !== undefined) filled[key] = completed
  }
  return filled
}
