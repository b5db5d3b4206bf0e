import type { BackendKind } from '../core/backend.ts'
import { GatewayError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import type { BackendEntry } from '../core/served-model.ts'
import { allFaults } from './all-faults.ts'
import { optionFaults } from './option-faults.ts'
import { withDefaults } from './with-defaults.ts'

/** Keys that any entry may have, whatever its kind. */
const commonKeys = ['kind', 'urls', 'optional', 'timeoutMs', 'maxConcurrency', 'breaker', 'retry'] as const

/**
 * Checks an entry against the options of its kind.
 *
 * @returns the options of each replica, with defaults, and `optional` as configured: one per URL of `urls` (as `url`),
 *   otherwise one
 * @throws GatewayError `EG_CONFIG_INVALID` naming the path and the reason of every fault
 */
export const replicaOptions = (name: string, entry: BackendEntry, kind: BackendKind): readonly object[] => {
  const own = Object.fromEntries(Object.entries(entry).filter(([key]) => !isCommon(key)))
  const known = Object.keys((kind.options as { properties?: object }).properties ?? {})
  const faults = allFaults()
  for (const key of Object.keys(own)) {
    if (known.includes(key)) continue
    const reason = `a backend of kind ${entry.kind} has no such key`
    faults.add(invalid(`${path(name)}.${key}`, reason, key, [...known, ...commonKeys]))
  }
  const common = entry.optional === undefined ? {} : { optional: entry.optional }
  const complete = (options: object): object => {
    const completed = withDefaults(kind.options, options)
    for (const { key, reason } of optionFaults(completed, kind.options))
      faults.add(invalid(`${path(name)}.${key}`, reason))
    faults.refuseIfAny()
    return { ...(completed as object), ...common }
  }
  if (entry.urls === undefined) return [complete(own)]
  if (!known.includes('url')) throw invalid(`${path(name)}.urls`, `a backend of kind ${entry.kind} has no url`)
  if ('url' in own) throw invalid(`${path(name)}.urls`, 'give either url or urls')
  if (!isListOfUrls(entry.urls)) throw invalid(`${path(name)}.urls`, 'must be a list of at least one URL, each once')
  return entry.urls.map((url) => complete({ ...own, url }))
}

/** An `EG_CONFIG_INVALID` for one path of the configuration, with the nearest of `candidates` to what was written. */
export const invalid = (
  param: string,
  reason: string,
  written?: string,
  candidates: Iterable<string> = [],
): GatewayError => {
  const meant = written === undefined ? undefined : nearest(written, candidates)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return new GatewayError('EG_CONFIG_INVALID', `${param}: ${reason}${hint}`, { param })
}

const path = (name: string): string => `backends.${name}`

const isCommon = (key: string): boolean => (commonKeys as readonly string[]).includes(key)

const isListOfUrls = (urls: unknown): boolean =>
  Array.isArray(urls) &&
  urls.length > 0 &&
  new Set(urls).size === urls.length &&
  urls.every((url) => typeof url === 'string')
