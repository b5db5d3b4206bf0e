import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Longer than any of our servers takes to finish what is in flight. */
const patienceMs = 40_000

/** Resolves with the exit code, or the signal's name. */
export const exitOf = async (child: ChildProcess): Promise<number | string> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode ?? child.signalCode ?? 'unknown'
}

/** Asks a child to stop, and kills it when it does not. */
export const stopChild = async (child: ChildProcess): Promise<number | string> => {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  try {
    return await exitOf(child)
  } finally {
    clearTimeout(timer)
  }
}
