import type { Backend } from '../core/backend.ts'
import { GatewayError } from '../core/errors.ts'
import type { OnTooLong } from '../core/model.ts'

/**
 * Backends that read different lengths of a text give one long text two vectors, so texts may not be cut in their chain. No
 * probe by short texts would find it.
 *
 * @param model as configured
 * @param computing those that do not know how long a text they read are not looked at
 * @throws GatewayError `EG_CONFIG_SPACE_MISMATCH`
 */
export const refuseTwoLengths = (model: string, onTooLong: OnTooLong, computing: readonly Backend[]): void => {
  const [first, ...others] = computing.filter(({ maxTokens }) => maxTokens !== undefined)
  const other = others.find(({ maxTokens }) => maxTokens !== first?.maxTokens)
  if (onTooLong === 'refuse' || !first || !other) return
  const param = `models.${model}.chain`
  throw new GatewayError(
    'EG_CONFIG_SPACE_MISMATCH',
    `${param}: ${first.name} reads ${first.maxTokens} tokens of a text and ${other.name} ${other.maxTokens}, so a long text would ` +
      `have two vectors; set maxTokens of their entries to what the engines read, or models.${model}.onTooLong to refuse`,
    { param },
  )
}
