import { nearest } from '../core/nearest.ts'
import { UsageError } from './command.ts'
import { commands } from './commands.ts'
import { exitCode, type ExitCode } from './exit-code.ts'
import { reportFailure } from './failure.ts'
import { commandHelp, programHelp } from './help.ts'
import { print, type Io } from './io.ts'
import { parseArguments } from './parse-arguments.ts'

/**
 * Runs `embedgate` with the words after its name. Never rejects: errors are written to standard error.
 *
 * @returns how the process must end, once nothing keeps it
 */
export const run = async (argv: readonly string[], io: Io): Promise<ExitCode> => {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    return reportFailure(error, io)
  }
}

const dispatch = async ([name, ...rest]: readonly string[], io: Io): Promise<ExitCode> => {
  if (name === undefined) {
    io.stderr.write(`${programHelp()}\n`)
    return exitCode.usage
  }
  if (['--version', '-v'].includes(name)) return dispatch(['version'], io)
  if (['help', '--help', '-h'].includes(name) && rest.length === 0) {
    print(io, programHelp())
    return exitCode.done
  }
  if (name === 'help') return dispatch([...rest, '--help'], io)
  const listed = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!listed) throw new UsageError(unknownCommand(name))
  const command = await listed.load()
  if (asksForHelp(rest)) {
    print(io, commandHelp(command))
    return exitCode.done
  }
  return command.run(parseArguments(rest, command.flags), io)
}

const asksForHelp = (words: readonly string[]): boolean => {
  const end = words.indexOf('--')
  return words.slice(0, end === -1 ? undefined : end).some((word) => word === '--help' || word === '-h')
}

const unknownCommand = (name: string): string => {
  const guess = nearest(name, Object.keys(commands))
  const hint = guess ? `did you mean \`embedgate ${guess}\`?` : '`embedgate --help` lists the commands'
  return `there is no command ${name}; ${hint}`
}
