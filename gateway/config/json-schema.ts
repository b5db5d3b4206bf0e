import type { JsonSchema } from './describe.ts'
import { Config } from './schema.ts'
import { withDefaults } from './with-defaults.ts'

/** The JSON Schema of a configuration file as people write it: what has a default may be left out. For editors. */
export const configSchema = (): object => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Embedgate configuration',
  ...asWritten(Config),
})

const asWritten = (schema: JsonSchema): JsonSchema => {
  const { required, properties, patternProperties, items, ...rest } = schema
  const missing = required?.filter((key) => withDefaults(properties?.[key] ?? {}, undefined) === undefined)
  const needed = missing?.filter((key) => properties?.[key]?.type !== 'object')
  return {
    ...rest,
    ...(needed && needed.length > 0 && { required: needed }),
    ...(properties && { properties: each(properties) }),
    ...(patternProperties && { patternProperties: each(patternProperties) }),
    ...(items && { items: asWritten(items) }),
  }
}

const each = (schemas: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, asWritten(schema)]))
