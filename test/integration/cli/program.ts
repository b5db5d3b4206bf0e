import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** The checkout. */
export const root = join(import.meta.dirname, '../../..')
const program = join(root, 'dist/gateway/main.js')

/** How a process of the program ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A running process of the program. */
export interface Running extends AsyncDisposable {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Waits for a line of standard output. */
  line(pattern: RegExp): Promise<RegExpExecArray>
}

/** A folder for the running test, with files in it. */
export const folderWith = (files: Readonly<Record<string, string>> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

/** Starts `embedgate` as a shell would, in a folder of its own. @param env variables besides those of the tests */
export const start = (argv: readonly string[], cwd = folderWith(), env: NodeJS.ProcessEnv = {}): Running =>
  running(
    spawn(process.execPath, [program, ...argv], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )

/** Runs `npm start` as the README does, in the checkout. Its child is npm, which leads a group of its own. */
export const npmStart = (argv: readonly string[]): Running => {
  const npm = spawn('npm', ['start', '--', ...argv], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let isOver = false
  npm.once('close', () => (isOver = true))
  // What npm leaves behind would outlive the test.
  onTestFinished(() => void (isOver || process.kill(-(npm.pid ?? Number.NaN), 'SIGKILL')))
  return running(npm)
}

const running = (child: ChildProcessByStdio<null, Readable, Readable>): Running => {
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }))
  const line = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(out)
      if (found) return found
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode} before ${pattern}: ${out}${err}`)
      await pause(20)
    }
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await ended
  }
  return { child, ended, line, [Symbol.asyncDispose]: stop }
}

/** Runs `embedgate` to its end. */
export const embedgate = (argv: readonly string[], cwd?: string): Promise<Ended> => start(argv, cwd).ended
