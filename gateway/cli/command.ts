import { nearest } from '../core/nearest.ts'
import type { ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'

/** A flag of a command. */
export interface Flag {
  /** A `boolean` flag takes no value. */
  readonly type: 'string' | 'boolean'
  /** One letter. */
  readonly short?: string
  /** What its value is called in help, e.g. `FILE`. */
  readonly value?: string
  readonly help: string
}

/** What was written after the command's name. */
export interface Arguments {
  /** Values of flags of type `string`. */
  text(flag: string): string | undefined
  /** Whether a flag of type `boolean` was given. */
  has(flag: string): boolean
  /** What is no flag, in order. */
  readonly words: readonly string[]
}

/** One command, in a file of its own that is loaded when it is called. */
export interface Command {
  /** After `embedgate`, e.g. `serve [--config FILE]`. */
  readonly usage: string
  /** What it does, in a sentence or a few. */
  readonly about: string
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples: readonly string[]
  run(given: Arguments, io: Io): Promise<ExitCode>
}

/** The flag that most commands have. */
export const configFlag: Flag = {
  type: 'string',
  short: 'c',
  value: 'FILE',
  help: 'configuration; embedgate.yaml or .yml in this folder if there is one, otherwise the embedded default',
}

/** @throws UsageError that names the first word, for a command that takes none */
export const refuseWords = ({ words }: Arguments, usage: string): void => {
  if (words[0] !== undefined) throw unknownWord(usage, words[0])
}

/** What to say of a word that does not belong to a command. @param candidates what may stand in its place */
export const unknownWord = (usage: string, word: string, candidates: readonly string[] = []): UsageError => {
  const guess = nearest(word, candidates)
  return new UsageError(`"${word}" does not belong here${guess ? `; did you mean ${guess}?` : ''}\nembedgate ${usage}`)
}

/** What was written is not a call of the command; exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
