import { readReferences } from '../../chain/references-file.ts'
import { wholeReferences } from '../../chain/whole-references.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { References } from '../../core/model.ts'

type Config = Pick<LoadedConfig['config'], 'models'>

/** The backends in the chains that any of `local` stands in, without those, and the first such model of each. */
export const backendsBeside = (local: readonly string[], { models }: Config): ReadonlyMap<string, string> => {
  const beside = new Map<string, string>()
  for (const [model, { chain }] of Object.entries(models)) {
    if (!chain.some((backend) => local.includes(backend))) continue
    for (const backend of chain) {
      if (!local.includes(backend) && !beside.has(backend)) beside.set(backend, model)
    }
  }
  return beside
}

/**
 * What the backends of a configured model are measured by, as in its chain: its reference file, otherwise what the model's files
 * ship; without the texts that are cut where none may be.
 *
 * @throws GatewayError `EG_CONFIG_INVALID` when the file cannot be read
 */
export const chainReferences = async (
  model: string,
  { models }: Config,
  shipped: References | undefined,
): Promise<References | undefined> => {
  const entry = models[model]
  const path = entry?.references
  const references = path === undefined ? shipped : await readReferences(path, `models.${model}.references`)
  return references && entry?.onTooLong === 'refuse' ? wholeReferences(references) : references
}
