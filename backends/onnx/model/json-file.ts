import { existsSync, readFileSync } from 'node:fs'
import { fetchAgain, modelCorrupt } from './corrupt.ts'

/** The JSON object of a model file, with readers that refuse a value of another type and name the file and the key. */
export interface JsonFile {
  readonly path: string
  /** Any value, undefined when the key is missing or null. */
  get(key: string): unknown
  text(key: string): string
  flag(key: string): boolean
  /** A positive integer. */
  count(key: string): number
  /** A positive integer, undefined when the key is missing or null. */
  countIfAny(key: string): number | undefined
  /** Strings by name; empty when the key is missing or null. */
  texts(key: string): Readonly<Record<string, string>>
  /** Positive integers; empty when the key is missing or null. */
  counts(key: string): readonly number[]
  /** A nested object. */
  object(key: string): JsonFile
}

/**
 * Reads a JSON object from a file.
 *
 * @throws GatewayError `EG_MODEL_CORRUPT` when it is missing or is not JSON
 */
export const readJsonFile = (path: string): JsonFile => jsonFile(path, '', parseFile(path))

/** The same, undefined when there is no such file. */
export const readJsonFileIfAny = (path: string): JsonFile | undefined =>
  existsSync(path) ? readJsonFile(path) : undefined

/** The value in a JSON file, of whatever type. */
export const parseFile = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not valid JSON' : 'cannot be read'
    throw modelCorrupt(path, reason, fetchAgain, error)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'

const isTexts = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((each) => typeof each === 'string')

const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0

const jsonFile = (path: string, prefix: string, value: unknown): JsonFile => {
  if (!isObject(value)) throw modelCorrupt(path, `${prefix || 'its content'} is not an object`, fetchAgain)
  const get = (key: string): unknown => value[key] ?? undefined
  const demand = <T>(key: string, matches: (found: unknown) => found is T, what: string, found = get(key)): T => {
    if (!matches(found)) throw modelCorrupt(path, `${prefix}${key} must be ${what}`, fetchAgain)
    return found
  }
  return {
    path,
    get,
    text: (key) => demand(key, isText, 'a non-empty string'),
    flag: (key) => demand(key, isFlag, 'true or false'),
    count: (key) => demand(key, isCount, 'a positive integer'),
    countIfAny: (key) => (get(key) === undefined ? undefined : demand(key, isCount, 'a positive integer')),
    texts: (key) => demand(key, isTexts, 'an object of strings', get(key) ?? {}),
    counts: (key) => demand(key, isCounts, 'a list of positive integers', get(key) ?? []),
    object: (key) => jsonFile(path, `${prefix}${key}.`, get(key)),
  }
}
