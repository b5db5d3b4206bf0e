import { packageVersion } from '../core/version.ts'
import type { Command } from './command.ts'
import { exitCode } from './exit-code.ts'
import { print } from './io.ts'

/** `embedgate version` */
export const version: Command = {
  usage: 'version',
  about: 'Prints the version.',
  flags: {},
  examples: ['embedgate version'],
  run: async (_given, io) => {
    print(io, packageVersion)
    return exitCode.done
  },
}
