import { parseArgs } from 'node:util'
import { nearest } from '../core/nearest.ts'
import { UsageError, type Arguments, type Flag } from './command.ts'

/**
 * Reads what follows a command's name.
 *
 * @throws UsageError for an unknown flag, with the nearest one, and for a flag without its value
 */
export const parseArguments = (argv: readonly string[], flags: Readonly<Record<string, Flag>>): Arguments => {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(flags).map(([name, { type, short }]) => [name, short ? { type, short } : { type }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  for (const token of tokens) if (token.kind === 'option') checkFlag(token, flags)
  return {
    text: (flag) => {
      const value = values[flag]
      return typeof value === 'string' ? value : undefined
    },
    has: (flag) => values[flag] === true,
    words: positionals,
  }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
}

const checkFlag = ({ name, rawName, value }: OptionToken, flags: Readonly<Record<string, Flag>>): void => {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (!flag) {
    const guess = nearest(name, Object.keys(flags))
    throw new UsageError(`there is no flag ${rawName}${guess ? `; did you mean --${guess}?` : ''}`)
  }
  if (flag.type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value`)
  // `--config --port 1` is a forgotten value, not a file called --port.
  if (flag.type === 'string' && (value === undefined || /^--?[a-z]/.test(value))) {
    throw new UsageError(`${rawName} wants a value: ${rawName} ${flag.value ?? 'VALUE'}`)
  }
}

/**
 * The value of a flag that is a port.
 *
 * @throws UsageError when it is no number from 0 to 65535
 */
export const portOf = (given: Arguments, flag: string): number | undefined => {
  const text = given.text(flag)
  if (text === undefined) return undefined
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UsageError(`--${flag} wants a number from 0 to 65535, not ${text}`)
  return port
}
