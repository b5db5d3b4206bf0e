import { Errors } from 'typebox/schema'
import { Settings } from 'typebox/system'
import { nearest } from '../core/nearest.ts'
import { describe, show, type JsonSchema } from './describe.ts'
import type { Fault, Path } from './fault.ts'
import { Config } from './schema.ts'

/** Far above what a person can have wrong at once; the library stops at 8 by default. */
const maxErrors = 1000

interface SchemaError {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
}

/** Everything in which `value` differs from the schema: one fault for each place, unknown keys with the nearest valid one. */
export const checkShape = (value: unknown): Fault[] => {
  const faults = new Map<string, Fault>()
  for (const error of errorsOf(value)) {
    for (const fault of faultsOf(error, value)) {
      const id = fault.path.join('\0')
      if (!faults.has(id)) faults.set(id, fault)
    }
  }
  return [...faults.values()]
}

const errorsOf = (value: unknown): SchemaError[] => {
  Settings.Set({ maxErrors })
  try {
    return Errors(Config, value)[1]
  } finally {
    Settings.Reset()
  }
}

const faultsOf = (error: SchemaError, value: unknown): Fault[] => {
  const path = pathOf(error.instancePath)
  // The key itself is reported as `boolean`, its map again as `additionalProperties`.
  if (error.keyword === 'additionalProperties') return []
  const place = error.schemaPath.split('/').slice(1)
  if (error.keyword === 'boolean') return [unknownKey(path, schemaAt(place.slice(0, -1)))]
  if (error.keyword === 'required') return missingKeys(path, schemaAt(place), value)
  const union = place.indexOf('anyOf')
  const schema = schemaAt(union === -1 ? place : place.slice(0, union))
  const found = valueAt(value, path)
  return [{ path, reason: `expected ${describe(schema)}, got ${show(found, path)}` }]
}

const unknownKey = (path: Path, parent: JsonSchema): Fault => {
  const keys = Object.keys(parent.properties ?? {})
  const guess = nearest(String(path.at(-1)), keys)
  const hint = guess === undefined ? `valid here: ${keys.join(', ')}` : `did you mean "${guess}"?`
  return { path, atKey: true, reason: `unknown key; ${hint}` }
}

const missingKeys = (path: Path, parent: JsonSchema, value: unknown): Fault[] => {
  const found = valueAt(value, path) as object
  const missing = (parent.required ?? []).filter((key) => !Object.hasOwn(found, key))
  return missing.map((key) => {
    const { description, ...schema } = parent.properties?.[key] ?? {}
    const meaning = description ? ` (${description.replace(/\.$/, '')})` : ''
    return { path: [...path, key], reason: `is missing; expected ${describe(schema)}${meaning}` }
  })
}

const schemaAt = (place: readonly string[]): JsonSchema => {
  let schema: unknown = Config
  for (const part of place) schema = (schema as Record<string, unknown> | undefined)?.[unescaped(part)]
  return (schema as JsonSchema | undefined) ?? {}
}

const valueAt = (value: unknown, path: Path): unknown => {
  let found = value
  for (const part of path) found = (found as Record<string | number, unknown> | undefined)?.[part]
  return found
}

const pathOf = (pointer: string): Path => (pointer === '' ? [] : pointer.split('/').slice(1).map(unescaped))

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')
