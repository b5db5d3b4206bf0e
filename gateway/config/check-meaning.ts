import { nearest } from '../core/nearest.ts'
import type { Fault } from './fault.ts'
import { isMap } from './with-defaults.ts'

/** What a schema cannot say about a configuration. */
export interface Meaning {
  readonly faults: readonly Fault[]
  /** Not wrong, but hardly meant. */
  readonly warnings: readonly Fault[]
}

/** Backends are metric labels and parts of admin paths; models are what clients write. */
const backendName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const modelName = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/

/**
 * Checks how the parts of a configuration fit: chains name backends that exist, no name is used twice, nothing is left
 * over. Parts of the wrong shape are passed over; the schema's check reports them.
 */
export const checkMeaning = (config: unknown): Meaning => {
  const { server, admin, backends, models, auth, cache } = isMap(config) ? config : {}
  const chains = entriesOf(models).flatMap(([name, model]) =>
    textsOf(model['chain']).map((used) => [name, used] as const),
  )
  return {
    faults: [
      ...badNames('backends', backends, backendName),
      ...badNames('models', models, modelName),
      ...(isMap(models) && Object.keys(models).length === 0
        ? [{ path: ['models'], reason: 'expected at least one model' }]
        : []),
      ...entriesOf(models).flatMap(([name, model]) =>
        chainFaults(name, textsOf(model['chain']), Object.keys(backends ?? {})),
      ),
      ...takenNames(entriesOf(models)),
      ...(isSameAddress(server, admin) ? [{ path: ['admin', 'port'], reason: 'is the same as server.port' }] : []),
      ...repeated(auth, 'name'),
      ...repeated(auth, 'sha256'),
    ],
    warnings: [
      ...entriesOf(backends)
        .filter(([name]) => !chains.some(([, used]) => used === name))
        .map(([name]) => ({
          path: ['backends', name],
          atKey: true,
          reason: 'no chain uses this backend; it is not started',
        })),
      ...(isMap(cache) && Number(cache['staleTtlMs']) < Number(cache['ttlMs'])
        ? [{ path: ['cache', 'staleTtlMs'], reason: 'is shorter than ttlMs, so that no result is ever served stale' }]
        : []),
    ],
  }
}

const isSameAddress = (server: unknown, admin: unknown): boolean =>
  isMap(server) &&
  isMap(admin) &&
  server['port'] === admin['port'] &&
  server['port'] !== 0 &&
  server['host'] === admin['host']

const entriesOf = (section: unknown): [string, Record<string, unknown>][] =>
  isMap(section)
    ? Object.entries(section).filter((entry): entry is [string, Record<string, unknown>] => isMap(entry[1]))
    : []

const textsOf = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : []

const badNames = (section: string, value: unknown, pattern: RegExp): Fault[] =>
  isMap(value)
    ? Object.keys(value)
        .filter((name) => !pattern.test(name))
        .map((name) => ({
          path: [section, name],
          atKey: true,
          reason: `expected a name that matches ${pattern.source}`,
        }))
    : []

const chainFaults = (model: string, chain: readonly string[], backends: readonly string[]): Fault[] =>
  chain.flatMap((name, index) => {
    const path = ['models', model, 'chain', index]
    if (chain.indexOf(name) < index) return [{ path, reason: `"${name}" is in this chain twice` }]
    if (backends.includes(name)) return []
    const guess = nearest(name, backends)
    const hint = guess === undefined ? `there is: ${backends.join(', ')}` : `did you mean "${guess}"?`
    return [{ path, reason: `no backend is called "${name}"; ${hint}` }]
  })

const takenNames = (models: readonly [string, Record<string, unknown>][]): Fault[] => {
  const owners = new Map(models.map(([name]) => [name, name]))
  return models.flatMap(([model, entry]) =>
    textsOf(entry['aliases']).flatMap((alias, index) => {
      const owner = owners.get(alias)
      owners.set(alias, model)
      return owner === undefined
        ? []
        : [{ path: ['models', model, 'aliases', index], reason: `"${alias}" already names the model ${owner}` }]
    }),
  )
}

const repeated = (auth: unknown, field: 'name' | 'sha256'): Fault[] => {
  const keys = isMap(auth) && Array.isArray(auth['keys']) ? auth['keys'].filter(isMap) : []
  const values = keys.map((key) => key[field])
  return values.flatMap((value, index) =>
    value !== undefined && values.indexOf(value) < index
      ? [{ path: ['auth', 'keys', index, field], reason: `is the same as that of auth.keys.${values.indexOf(value)}` }]
      : [],
  )
}
