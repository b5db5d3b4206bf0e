import { Readable } from 'node:stream'
import { run } from '../../../gateway/cli/run.ts'

/** What a call of the program wrote, and how it ended. */
export interface Captured {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the program with captured streams. */
export const captured = async (
  argv: readonly string[],
  { stdin = '', isTTY = false, env = {} }: { stdin?: string; isTTY?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<Captured> => {
  let [out, err] = ['', '']
  const code = await run(argv, {
    stdin: Readable.from([stdin]),
    stdout: { isTTY, write: (text) => void (out += text) },
    stderr: { isTTY, write: (text) => void (err += text) },
    env,
  })
  return { code, out, err }
}
