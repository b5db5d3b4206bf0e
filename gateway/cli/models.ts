import { configFlag, unknownWord, UsageError, type Command } from './command.ts'
import { listModels } from './models-list.ts'
import { verifyModel } from './models-verify.ts'

/** `embedgate models` */
export const models: Command = {
  usage: 'models list | models verify NAME|FOLDER [--record FILE] [--config FILE]',
  about:
    'list: the models that are here: embedded, below dataDir/models, or in a folder that the configuration names.\n' +
    'verify: compares the checksums of a model, then the vectors of all its reference texts on every configured backend\n' +
    'that serves it, the remote engines of its chains included; exit 1 when one is below the minParity of the configuration\n' +
    'or does not answer. A device that is not on this machine is left out. --record writes the reference file of a\n' +
    'model that ships none, from the first backend that answers; name it in models.NAME.references. Further remote engines\n' +
    'are compared with the first, and nothing is written when one is below minParity. NAME is that of a model in the\n' +
    'configuration, or of one that is here.',
  flags: {
    config: configFlag,
    record: { type: 'string', value: 'FILE', help: 'write the vectors of the first backend as a reference file' },
  },
  examples: [
    'embedgate models list',
    'embedgate models verify all-MiniLM-L6-v2',
    'embedgate models verify ./my-model --config my.yaml --record my-model.references.json',
  ],
  run: async (given, io) => {
    const [verb, name, ...more] = given.words
    if (verb === 'list' && name === undefined) return listModels(given, io)
    if (verb === 'verify' && name !== undefined && more.length === 0) return verifyModel(name, given, io)
    if (verb !== undefined && verb !== 'list' && verb !== 'verify')
      throw unknownWord(models.usage, verb, ['list', 'verify'])
    const spare = verb === 'list' ? name : more[0]
    throw spare === undefined ? new UsageError(models.usage) : unknownWord(models.usage, spare)
  },
}
