import type { ServedModels } from '../../core/served-model.ts'

/** A line for each model without reference vectors: its backend answers whatever it computes. */
export const unmeasuredModels = (models: ServedModels): string[] =>
  models
    .list()
    .filter(({ model }) => model.references === undefined)
    .map((served) => {
      const { name } = served.model
      const computing = served.tiers().filter((tier) => tier.computing)
      const what = computing.map((tier) => tier.name).join(', ')
      return `${name} has no reference vectors, so that nothing measures what ${what} computes; \`embedgate models verify ${name} --record FILE\` makes some, for models.${name}.references`
    })
