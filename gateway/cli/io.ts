import type { Readable } from 'node:stream'

/** What a command writes to. */
export interface Output {
  write(text: string): unknown
  /** true: a person looks at it. */
  readonly isTTY?: boolean
}

/** What a command has of the world: `process` itself, or captured streams in a test. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Output
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
}

/** Writes lines to standard output. */
export const print = (io: Io, ...lines: string[]): void => void io.stdout.write(`${lines.join('\n')}\n`)
