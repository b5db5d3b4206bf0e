import { newKey } from '../../plugins/auth/keys.ts'
import { unknownWord, UsageError, type Command } from './command.ts'
import { exitCode } from './exit-code.ts'
import { print } from './io.ts'

/** `embedgate keys new` */
export const keys: Command = {
  usage: 'keys new NAME [--tenant TENANT]',
  about:
    'Makes an API key. It is printed once and kept nowhere: give it to its user, and put the lines below it into the\n' +
    'configuration. With no keys configured the gateway is open.',
  flags: {
    tenant: {
      type: 'string',
      value: 'TENANT',
      help: "whose requests these are in caches and metrics; the key's name by default",
    },
  },
  examples: ['embedgate keys new team-a', 'embedgate keys new ingest --tenant team-a'],
  run: async (given, io) => {
    const [verb, name, ...more] = given.words
    if (verb !== undefined && verb !== 'new') throw unknownWord(keys.usage, verb)
    if (more[0] !== undefined) throw unknownWord(keys.usage, more[0])
    if (name === undefined) throw new UsageError(keys.usage)
    const { key, sha256 } = newKey()
    const entry = { name, sha256, tenant: given.text('tenant') ?? name }
    print(io, key)
    print(io, '', 'auth:', '  keys:', `    - ${Object.entries(entry).map(field).join('\n      ')}`)
    return exitCode.done
  },
}

const field = ([name, value]: readonly [string, string]): string => `${name}: ${JSON.stringify(value)}`
