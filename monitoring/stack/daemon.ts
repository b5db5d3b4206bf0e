import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exitOf, stopChild } from '../../bench/servers/child.ts'

/** A server of the stack, and how to start it. */
export interface DaemonOptions {
  /** For people, and for the name of its log. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly url: string
  /** Answers 200 once it is ready. */
  readonly readyPath: string
  /** Where its log goes. */
  readonly folder: string
}

/** A server that is ready. */
export interface Daemon {
  readonly url: string
  /** Stops it and waits until it is gone. */
  stop(): Promise<void>
}

const startLimitMs = 30_000

/**
 * Starts a server and waits until it is ready.
 *
 * @throws with the end of its log when it ends, or is not ready in half a minute
 */
export const startDaemon = async (options: DaemonOptions): Promise<Daemon> => {
  const { name, command, args, env, url, readyPath, folder } = options
  const logFile = join(folder, `${name}.log`)
  const log = openSync(logFile, 'a')
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    cwd: folder,
    env: { ...process.env, ...env },
    // Ctrl-C on a terminal reaches the whole group: each is to be stopped in its turn.
    detached: true,
  })
  closeSync(log)
  try {
    await Promise.race([untilReady(`${url}${readyPath}`), endOf(child)])
  } catch (error) {
    if (child.pid !== undefined) await stopChild(child)
    const end = readFileSync(logFile, 'utf8').slice(-2_000)
    throw new Error(`${name} did not start: ${(error as Error).message}\n${end}`, { cause: error })
  }
  return { url, stop: async () => void (await stopChild(child)) }
}

/** Rejects when the child cannot be started, or ends. */
const endOf = async (child: ChildProcess): Promise<never> => {
  await once(child, 'spawn')
  throw new Error(`it ended with ${await exitOf(child)}`)
}

const untilReady = async (url: string): Promise<void> => {
  const limitMs = performance.now() + startLimitMs
  while (performance.now() < limitMs) {
    const isReady = await fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    await sleep(100)
  }
  throw new Error('it was not ready in time')
}
