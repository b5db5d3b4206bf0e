import { packageVersion } from '../core/version.ts'
import { refuseWords, type Command } from './command.ts'
import { exitCode } from './exit-code.ts'
import { print } from './io.ts'

/** `embedgate version` */
export const version: Command = {
  usage: 'version',
  about: 'Prints the version.',
  flags: {},
  examples: ['embedgate version'],
  run: async (given, io) => {
    refuseWords(given, version.usage)
    print(io, packageVersion)
    return exitCode.done
  },
}
