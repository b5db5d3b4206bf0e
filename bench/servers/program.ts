import { type ChildProcess, fork } from 'node:child_process'
import { compiled } from '../package-root.ts'
import { exitOf, stopChild } from './child.ts'

/** A program of the benchmarks that listens. */
export interface Program {
  readonly url: string
  readonly child: ChildProcess
  stop(): Promise<void>
}

/**
 * Starts a program of `bench/` that tells its parent where it listens.
 *
 * @param path of its compiled file, e.g. `bench/gateways/upstream.js`
 * @param more `env`: variables besides its parent's; `output`: where its standard output goes, nowhere by default
 * @throws when it ends before it has said so
 */
export const startProgram = async (
  path: string,
  args: readonly string[] = [],
  more: { readonly env?: Readonly<Record<string, string>>; readonly output?: number } = {},
): Promise<Program> => {
  const child = fork(compiled(path), args, {
    stdio: ['ignore', more.output ?? 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...more.env },
  })
  const listening = new Promise<string>((resolve) =>
    child.once('message', (message: { url: string }) => resolve(message.url)),
  )
  const ended = exitOf(child).then((how) => {
    throw new Error(`${path} ended with ${how}`)
  })
  const url = await Promise.race([listening, ended])
  return { url, child, stop: async () => void (await stopChild(child)) }
}
