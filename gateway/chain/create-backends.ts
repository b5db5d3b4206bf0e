import { backendOf, type Backend, type BackendContext, type BackendKind, type BackendPolicy } from '../core/backend.ts'
import type { BackendEntry, ModelEntry } from '../core/served-model.ts'
import { allFaults } from './all-faults.ts'
import { invalid, replicaOptions } from './backend-entry.ts'

/** A configured backend: its replicas, not started yet. */
export interface CreatedBackend {
  readonly name: string
  /** At least one; all of one kind, with the same options but for the URL. */
  readonly replicas: readonly [Backend, ...Backend[]]
  readonly policy: BackendPolicy
  readonly optional: boolean
}

/** What every backend is given, besides its name and options. */
export type BackendSurroundings = Omit<BackendContext<unknown>, 'name' | 'replica' | 'options'>

/**
 * Creates the backends that chains name; others are warned about and left alone.
 *
 * @throws GatewayError `EG_CONFIG_INVALID` naming the paths of all faults, with the nearest valid names; or what a kind's `create` throws
 */
export const createBackends = (
  entries: Readonly<Record<string, BackendEntry>>,
  models: Readonly<Record<string, ModelEntry>>,
  kinds: ReadonlyMap<string, BackendKind>,
  surroundings: BackendSurroundings,
): ReadonlyMap<string, CreatedBackend> => {
  const created = new Map<string, CreatedBackend>()
  const tried = new Set<string>()
  const faults = allFaults()
  for (const [model, { chain }] of Object.entries(models)) {
    chain.forEach((name, position) => {
      const param = `models.${model}.chain.${position}`
      const entry = Object.hasOwn(entries, name) ? entries[name] : undefined
      if (!entry) throw invalid(param, `there is no backend ${name}`, name, Object.keys(entries))
      if (chain.indexOf(name) !== position) throw invalid(param, `${name} is in this chain already`)
      if (tried.has(name)) return
      tried.add(name)
      try {
        created.set(name, create(name, entry, kinds, surroundings))
      } catch (error) {
        faults.add(error)
      }
    })
  }
  faults.refuseIfAny()
  for (const name of Object.keys(entries)) {
    if (!created.has(name)) surroundings.log.warn({ backend: name }, 'backend is in no chain and is not started')
  }
  return created
}

const create = (
  name: string,
  entry: BackendEntry,
  kinds: ReadonlyMap<string, BackendKind>,
  surroundings: BackendSurroundings,
): CreatedBackend => {
  const kind = kinds.get(entry.kind)
  if (!kind) throw invalid(`backends.${name}.kind`, `there is no kind ${entry.kind}`, entry.kind, kinds.keys())
  const [first, ...others] = replicaOptions(name, entry, kind).map((options, replica) => {
    const context = { ...surroundings, name, replica, options }
    return backendOf(entry.kind, context, kind.create(context))
  })
  if (!first) throw invalid(`backends.${name}.urls`, 'must not be empty')
  return {
    name,
    replicas: [first, ...others],
    policy: policyOf(entry),
    optional: entry.optional ?? first.optional,
  }
}

const policyOf = ({ timeoutMs, maxConcurrency, breaker, retry }: BackendEntry): BackendPolicy => ({
  ...(timeoutMs !== undefined && { timeoutMs }),
  ...(maxConcurrency !== undefined && { maxConcurrency }),
  ...(breaker !== undefined && { breaker }),
  ...(retry !== undefined && { retry }),
})
