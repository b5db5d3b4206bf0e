import type { Readable } from 'node:stream'

/** What a command writes to. */
export interface Output {
  write(text: string): unknown
  /** true: a person looks at it. */
  readonly isTTY?: boolean
  /** true: nobody reads it any more, as after `embedgate check | head -1`. */
  readonly isClosed?: boolean
}

/** What a command has of the world: `process` itself, or captured streams in a test. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Output
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
}

/** Nobody reads standard output any more: a command whose work is to print is over, and says nothing of it. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/**
 * Writes lines to standard output.
 *
 * @throws OutputClosed when nobody reads it any more
 */
export const print = (io: Io, ...lines: string[]): void => {
  if (io.stdout.isClosed) throw new OutputClosed()
  io.stdout.write(`${lines.join('\n')}\n`)
}

/** The same for a command whose work goes on without a reader. */
export const announce = (io: Io, line: string): void => {
  if (!io.stdout.isClosed) print(io, line)
}
