import type { ServedModel, ServedModels } from '../core/served-model.ts'
import { invalid } from './backend-entry.ts'

/**
 * Models by name and alias.
 *
 * @throws GatewayError `EG_CONFIG_INVALID` when two of them share a name
 */
export const servedModels = (models: readonly ServedModel[]): ServedModels => {
  const byName = new Map<string, ServedModel>()
  for (const served of models) byName.set(served.model.name, served)
  for (const served of models) {
    served.model.aliases.forEach((alias, index) => {
      const param = `models.${served.model.name}.aliases.${index}`
      if (byName.has(alias)) throw invalid(param, `${alias} is the name of ${byName.get(alias)?.model.name} already`)
      byName.set(alias, served)
    })
  }
  return { find: (nameOrAlias) => byName.get(nameOrAlias), list: () => models }
}
