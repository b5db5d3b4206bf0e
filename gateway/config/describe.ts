import type { Path } from './fault.ts'

/** The part of JSON Schema that the configuration uses. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly minItems?: number
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[] | undefined
}

/** What a schema accepts, in plain words: `an integer of at least 1`. */
export const describe = (schema: JsonSchema): string => {
  if (schema.anyOf) return `one of ${schema.anyOf.map(describe).join(', ')}`
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.type === 'integer') return `an integer${range(schema)}`
  if (schema.type === 'number') return `a number${range(schema)}`
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'array') return schema.minItems ? `a list of at least ${schema.minItems}` : 'a list'
  return schema.type === 'object' ? 'a map of keys' : text(schema)
}

/** What was found, short, and without anything that may be a secret. */
export const show = (value: unknown, path: Path): string => {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map of keys'
  const written = JSON.stringify(value)
  if (path.some((part) => secret.test(String(part)))) return `a ${typeof value} that is not shown here`
  return written.length > 60 ? `${written.slice(0, 57)}..."` : written
}

const secret = /key|token|secret|password|sha256|authorization|header/i

const range = ({ minimum, maximum }: JsonSchema): string => {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}

/** What the patterns of the schema mean. */
const patterns: Readonly<Record<string, string>> = {
  '^[0-9a-f]{64}$': '64 hexadecimal digits in lower case',
  '^([!-~]{16,})?$': 'at least 16 printable characters without spaces, or an empty text',
}

const text = ({ pattern, minLength }: JsonSchema): string => {
  if (pattern !== undefined) return patterns[pattern] ?? `text that matches ${pattern}`
  return minLength ? 'a text that is not empty' : 'text'
}
