import { GatewayError } from '../core/errors.ts'
import { spaceDifferences } from '../core/space.ts'
import type { CreatedBackend } from './create-backends.ts'
import type { ModelPlan } from './plan-model.ts'

/**
 * An engine has vectors of one meaning. One that does not know which is measured by the references of one model, so it
 * cannot stand in the chains of two that differ; in prompts they may, which are applied before.
 *
 * @param users the models that have the backend in their chains
 * @throws GatewayError `EG_CONFIG_SPACE_MISMATCH`
 */
export const refuseTwoSpaces = ({ name, replicas: [backend] }: CreatedBackend, users: readonly ModelPlan[]): void => {
  const [first, ...others] = users.map(({ model }) => model)
  if (!backend.computing || !first) return
  for (const model of others) {
    const fields = spaceDifferences(first.space, { ...model.space, prompts: first.space.prompts })
    if (fields.length === 0) continue
    const param = `models.${model.name}.chain`
    throw new GatewayError(
      'EG_CONFIG_SPACE_MISMATCH',
      `${param}: ${name} is in the chain of ${first.name} too, whose vectors differ in ${fields.join(', ')}`,
      { param },
    )
  }
}
