import { distance } from 'fastest-levenshtein'
import { GatewayError } from '../core/errors.ts'
import type { ServedModel, ServedModels } from '../core/served-model.ts'

/** Names that a caller sends are unbounded; what is compared with them and said about them is not. */
const maxNameLength = 128

/** The model that a request names. @throws GatewayError `EG_INPUT_INVALID`, `EG_MODEL_UNKNOWN` naming the served ones */
export const namedModel = (models: ServedModels, name: unknown): ServedModel => {
  if (typeof name !== 'string' || name === '') {
    const what = name === undefined || name === null ? 'is required' : 'must be the name of a model'
    throw new GatewayError('EG_INPUT_INVALID', `model ${what}; served: ${servedNames(models, '')}`, { param: 'model' })
  }
  const served = models.find(name)
  if (served !== undefined) return served
  const shown = name.length > maxNameLength ? `${name.slice(0, maxNameLength)}...` : name
  const message = `model ${JSON.stringify(shown)} is not served; served: ${servedNames(models, shown)}`
  throw new GatewayError('EG_MODEL_UNKNOWN', message, { param: 'model' })
}

/** The model that a request names, or the first one when it names none. @throws GatewayError as `namedModel` */
export const modelOrFirst = (models: ServedModels, name: unknown): ServedModel => {
  const first = models.list()[0]
  return (name === undefined || name === null) && first !== undefined ? first : namedModel(models, name)
}

const servedNames = (models: ServedModels, near: string): string => {
  const names = models.list().map(({ model }) => ({ name: model.name, far: distance(model.name, near) }))
  if (near !== '') names.sort((a, b) => a.far - b.far)
  return names.map(({ name }) => name).join(', ')
}
