import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError, GatewayError } from '../../../gateway/core/errors.ts'
import type { Log } from '../../../gateway/core/log.ts'
import type { RunningBatch, SupervisorNotice, WorkerHealth, WorkerNotice } from '../protocol.ts'
import { supervisedVariable } from '../supervised.ts'
import { workerEnvironment } from './environment.ts'
import { forwardLines } from './output-lines.ts'

/** What to run. */
export interface WorkerProgram {
  /** Path of the worker's main file. */
  readonly path: string
  /** Folder of the model's files. */
  readonly model: string
  readonly device: string
  /** Unix socket to listen on, below 100 characters. */
  readonly socketPath: string
  /** Whether it gives a device up that becomes slower than the processor; not by default. */
  readonly giveUpWhenSlow?: boolean
  /** Told when it gives its device up after it was ready; it then finishes what it holds and ends. */
  readonly onGivenUp?: (reason: Error) => void
}

/** What a worker says about itself when it has loaded its model. */
export type ReadyNotice = WorkerHealth & { readonly msPerToken: number }

/** The batch that a worker has begun last, and when that was heard. */
export interface BegunBatch extends RunningBatch {
  readonly beganAtMs: number
}

/** A worker's operating-system process. */
export interface WorkerProcess {
  /** undefined when it could not be started. */
  readonly pid: number | undefined
  /** Rejects with the reason when the worker says that it cannot start, or ends before it was ready. */
  readonly ready: Promise<ReadyNotice>
  /** Resolves once it has ended and all its notices are read: its signal or its exit code, for the log. */
  readonly ended: Promise<string>
  /** The batch that it has begun last; the same object until it begins another. */
  running(): BegunBatch
  /**
   * Tells it to finish what it holds and to end. Over the channel: a signal is ignored, for it may have been sent to the
   * whole process group, and when to stop is the supervisor's decision.
   */
  stop(): void
  /** Ends it at once, by SIGKILL. */
  kill(): void
}

/**
 * Path of this package's own worker program.
 *
 * @throws BackendError `unavailable` when the package is not built
 */
export const ownWorkerProgram = (): string => {
  try {
    return createRequire(import.meta.url).resolve('embedgate/worker')
  } catch (cause) {
    throw new BackendError('unavailable', 'the worker program is missing: the package is not built', { cause })
  }
}

/**
 * Starts a worker process. What it prints goes to the log: while it looks for its device, runtimes complain at length about
 * what is normally not there, so until it is ready only for those who debug.
 */
export const forkWorker = (program: WorkerProgram, name: string, log: Log, clock: Clock): WorkerProcess => {
  const child = fork(
    program.path,
    [
      '--model',
      program.model,
      '--device',
      program.device,
      '--listen',
      `unix:${program.socketPath}`,
      ...(program.giveUpWhenSlow ? ['--give-up-when-slow'] : []),
    ],
    {
      env: { ...workerEnvironment(process.env), [supervisedVariable]: '1' },
      // Flags of the gateway (loaders, inspector, heap limits) are not the worker's.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  const { pid } = child
  if (child.stdout) forwardLines(child.stdout, clock, (line) => log.info({ worker: name, pid }, line))
  let isReady = false
  if (child.stderr)
    forwardLines(child.stderr, clock, (line) => log[isReady ? 'warn' : 'debug']({ worker: name, pid }, line))

  const none = { running: [], paddedTokens: 0, priority: 'interactive', predictedMs: 0 } as const
  let running: BegunBatch = { ...none, beganAtMs: clock.now() }
  let becomeReady: (notice: ReadyNotice) => void
  let fail: (error: Error) => void
  const ready = new Promise<ReadyNotice>((resolve, reject) => {
    becomeReady = resolve
    fail = reject
  })
  // Its end may come when nobody waits for it any more.
  ready.catch(() => {})
  child.on('message', (message) => {
    const notice = message as WorkerNotice
    if ('running' in notice) running = { ...notice, beganAtMs: clock.now() }
    else if ('ready' in notice) {
      isReady = true
      becomeReady(notice.ready)
    } else if ('failed' in notice && !isReady) fail(startError(notice.failed))
    else if ('failed' in notice) {
      log.warn({ worker: name, pid, reason: notice.failed.message }, 'worker gives its device up')
      program.onGivenUp?.(startError(notice.failed))
    }
  })
  const ended = endOf(child)
  void ended.then((how) => fail(new BackendError('unavailable', `the worker ended at start: ${how}`)))
  return {
    pid,
    ready,
    ended,
    running: () => running,
    // A closed channel has told it the same.
    stop: () => void child.send({ stop: true } satisfies SupervisorNotice, () => {}),
    kill: () => void child.kill('SIGKILL'),
  }
}

const startError = (failed: Extract<WorkerNotice, { failed: unknown }>['failed']): Error => {
  if (failed.reason === 'absent') return new BackendError('absent', failed.message)
  if (failed.reason === 'model') return new GatewayError('EG_MODEL_CORRUPT', failed.message)
  return new BackendError('unavailable', failed.message)
}

/** The exit can be seen before the last notice; the channel closes only when everything sent over it has been read. */
const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    let how: string | undefined
    const settle = (): void => {
      if (how !== undefined && !child.connected) resolve(how)
    }
    child.on('exit', (code, signal) => {
      how = signal ?? `exit code ${code}`
      settle()
    })
    child.on('error', (error) => {
      // Also emitted when a message or signal cannot be delivered to a living process; only a failed start ends it.
      if (child.pid !== undefined) return
      how = error.message
      resolve(how)
    })
    child.on('disconnect', settle)
  })
