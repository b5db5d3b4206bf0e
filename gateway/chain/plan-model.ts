import type { Backend } from '../core/backend.ts'
import { GatewayError } from '../core/errors.ts'
import type { Model, References } from '../core/model.ts'
import type { ModelEntry } from '../core/served-model.ts'
import { spaceDifferences, spaceId, type Space } from '../core/space.ts'
import { tokenEstimate } from '../core/token-estimate.ts'
import { invalid } from './backend-entry.ts'
import type { CreatedBackend } from './create-backends.ts'
import { refuseTwoLengths } from './one-length.ts'
import { readReferences } from './references-file.ts'
import { wholeReferences } from './whole-references.ts'

/** A model and the tiers that can serve it. */
export interface ModelPlan {
  readonly model: Model
  /** Best first. */
  readonly tiers: readonly PlannedTier[]
}

/** A tier that is kept, and its position in the configured chain. */
export interface PlannedTier {
  readonly created: CreatedBackend
  readonly position: number
  /** How many of its replicas are kept: the first ones. */
  readonly replicas: number
  readonly detail?: string
}

/**
 * Makes a model of its entry: its space is that of the first computing backend that knows one, and all that know one must
 * agree. Remote engines know none, they claim one: the first claim counts where nobody knows, and the engines are bound to
 * the space by its references. Without references nothing could tell a right replica from a wrong one: only the first
 * computing one is kept.
 *
 * @throws GatewayError `EG_CONFIG_SPACE_MISMATCH` naming the fields and the backends, or `EG_CONFIG_INVALID`
 */
export const planModel = async (
  name: string,
  entry: ModelEntry,
  backends: ReadonlyMap<string, CreatedBackend>,
): Promise<ModelPlan> => {
  const chain = entry.chain.map((backend) => backends.get(backend)).filter((created) => created !== undefined)
  const computing = chain.filter(({ replicas }) => replicas[0].computing)
  if (computing.length === 0) throw invalid(`models.${name}.chain`, 'none of its backends computes')
  const space = commonSpace(name, entry, computing)
  const onTooLong = entry.onTooLong ?? 'truncate'
  refuseTwoLengths(
    name,
    onTooLong,
    computing.flatMap(({ replicas }) => replicas),
  )
  const known = await referencesOf(name, entry, computing, space.dims)
  const references = known && onTooLong === 'refuse' ? wholeReferences(known) : known
  const model: Model = {
    name,
    aliases: entry.aliases ?? [],
    space,
    spaceId: spaceId(space),
    minParity: entry.minParity ?? 0.999,
    onTooLong,
    matryoshkaDims: firstKnown(computing, (backend) => backend.matryoshkaDims) ?? [],
    ...(references && { references }),
    estimate: tokenEstimate(space.maxTokens),
  }
  return { model, tiers: references ? chain.map(tierAt) : tiersWithoutReferences(chain, computing) }
}

const tierAt = (created: CreatedBackend, position: number): PlannedTier => ({
  created,
  position,
  replicas: created.replicas.length,
})

const tiersWithoutReferences = (
  chain: readonly CreatedBackend[],
  [first, ...others]: readonly CreatedBackend[],
): PlannedTier[] => {
  const further = first?.replicas.slice(1).map(({ name, replica }) => `${name}/${replica}`) ?? []
  const left = [...further, ...others.map(({ name }) => name)].join(', ')
  const detail = `the model has no reference vectors to compare backends by, so ${left} is left out of its chain`
  return chain
    .map((created, position) =>
      created === first && left !== '' ? { created, position, replicas: 1, detail } : tierAt(created, position),
    )
    .filter(({ created }) => created === first || !created.replicas[0].computing)
}

const commonSpace = (name: string, entry: ModelEntry, computing: readonly CreatedBackend[]): Space => {
  const param = `models.${name}.chain`
  const all = computing.flatMap(({ replicas }) => replicas).flatMap((backend) => spaceOf(backend, entry))
  const known = all.find(({ backend }) => !backend.claimsSpace) ?? all[0]
  if (!known) {
    throw invalid(param, 'none of its backends says which space its vectors are in; a remote one says it by its model')
  }
  for (const { space, backend } of all) {
    const fields = spaceDifferences(known.space, space).filter((field) => !backend.claimsSpace || isEvident(field))
    if (fields.length === 0) continue
    throw new GatewayError(
      'EG_CONFIG_SPACE_MISMATCH',
      `${param}: vectors of ${known.backend.name} and ${backend.name} cannot be compared, they differ in ${fields.join(', ')}`,
      { param },
    )
  }
  return known.space
}

interface SpaceOf {
  readonly space: Space
  readonly backend: Backend
}

const spaceOf = (backend: Backend, entry: ModelEntry): SpaceOf[] =>
  backend.space ? [{ space: { ...backend.space, prompts: entry.prompts ?? backend.space.prompts }, backend }] : []

/** What a remote engine's entry says of its vectors that no probe has to find out. Model names differ from host to host. */
const isEvident = (field: string): boolean => field === 'dims' || field === 'normalized'

const referencesOf = async (
  name: string,
  entry: ModelEntry,
  computing: readonly CreatedBackend[],
  dims: number,
): Promise<References | undefined> => {
  if (entry.references === undefined) return firstKnown(computing, (backend) => backend.references)
  const param = `models.${name}.references`
  const references = await readReferences(entry.references, param)
  if (references.dims !== dims)
    throw invalid(param, `holds vectors of width ${references.dims}, the model's have ${dims}`)
  return references
}

const firstKnown = <T>(
  created: readonly CreatedBackend[],
  read: (backend: Backend) => T | undefined,
): T | undefined => {
  for (const backend of created.flatMap(({ replicas }) => replicas)) {
    const value = read(backend)
    if (value !== undefined) return value
  }
  return undefined
}
