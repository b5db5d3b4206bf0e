import { GatewayError } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import { cutSpace, spaceId, type SpaceId } from '../core/space.ts'

/**
 * The width of the vectors to answer with: the model's own unless the request asks for one that it may be cut to.
 *
 * @throws GatewayError `EG_INPUT_INVALID` when it is no width, `EG_DIMENSIONS_UNSUPPORTED` naming the allowed ones
 */
export const dimensionsOf = (value: unknown, model: Model): number => {
  const { dims } = model.space
  if (value === undefined || value === null || value === dims) return dims
  const param = 'dimensions'
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw new GatewayError('EG_INPUT_INVALID', 'dimensions must be a whole number of at least 1', { param })
  if (model.matryoshkaDims.includes(value)) return value
  const allowed = [...model.matryoshkaDims.filter((width) => width !== dims), dims].join(', ')
  const message = `${model.name} gives vectors of ${dims} numbers; dimensions may be: ${allowed}`
  throw new GatewayError('EG_DIMENSIONS_UNSUPPORTED', message, { param })
}

/** The id of the space that a model's vectors belong to at width `dims`. */
export const spaceIdAt = (model: Model, dims: number): SpaceId => {
  if (dims === model.space.dims) return model.spaceId
  const ids = cutIds.get(model) ?? new Map<number, SpaceId>()
  cutIds.set(model, ids)
  const known = ids.get(dims)
  if (known !== undefined) return known
  const id = spaceId(cutSpace(model.space, dims))
  ids.set(dims, id)
  return id
}

/** At most one id for each of a model's `matryoshkaDims`. */
const cutIds = new WeakMap<Model, Map<number, SpaceId>>()

/**
 * Refuses to answer with vectors of another space than the caller's index holds.
 *
 * @param expected the `x-embedgate-expect-space` header
 * @throws GatewayError `EG_SPACE_MISMATCH`
 */
export const expectSpace = (expected: string | string[] | undefined, id: SpaceId): void => {
  if (expected === undefined || expected === id) return
  throw new GatewayError(
    'EG_SPACE_MISMATCH',
    `vectors of this request would be of space ${id}, another one is expected`,
    {
      param: 'x-embedgate-expect-space',
    },
  )
}
