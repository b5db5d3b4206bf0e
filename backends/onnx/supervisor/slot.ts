import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { restartBackoff } from './restart-backoff.ts'
import { endReasons, type Worker, type WorkerEnd } from './worker.ts'

/** Where a slot is: its worker loads, is ready, or is waited for before the next start; `resting` after one gave its device up. */
export type SlotState = 'starting' | 'ready' | 'waiting' | 'resting' | 'stopped'

/** What comes after a worker, and why. */
interface Next {
  readonly state: 'waiting' | 'resting'
  readonly delayMs: number
  readonly reason: RestartReason
}

/** The place of one worker: keeps a living worker in it until it is stopped. */
export interface Slot {
  readonly name: string
  state(): SlotState
  /** Of the worker that is ready. */
  worker(): Worker | undefined
  /** Why the last start failed, or the last worker gave its device up; undefined once a start has succeeded. */
  failure(): Error | undefined
  /** Workers started again so far. */
  restarts(): number
  /** Ends a wait for the next start. */
  hurry(): void
  /** Lets the worker finish what it holds, then ends it; kills it after `graceMs`, or at once while it loads. */
  stop(graceMs: number): Promise<void>
}

/** Why a worker is started again: the last one ended, could not start, or did not find its device. */
export const restartReasons = [...endReasons, 'start', 'absent'] as const

/** One of `restartReasons`; a metric label. */
export type RestartReason = (typeof restartReasons)[number]

/** What a slot tells. */
export interface SlotEvents {
  ready(worker: Worker): void
  ended(worker: Worker, end: WorkerEnd): void
  /** Also told, after `ended`, of a worker that gave its device up. */
  startFailed(error: Error): void
  /** Another worker is about to be started because of `reason`. */
  restarting(reason: RestartReason): void
}

/** How long a device that is missing is not looked for again. */
const absentMs = 60_000

/**
 * Opens a slot: starts a worker, and another one whenever it has ended or could not start.
 *
 * @param start calls `onGivenUp` when its worker finds that its device is no longer worth using, and is about to end
 */
export const openSlot = (
  name: string,
  clock: Clock,
  start: (signal: AbortSignal, onGivenUp: (reason: Error) => void) => Promise<Worker>,
  events: SlotEvents,
): Slot => {
  const backoff = restartBackoff()
  const stopping = new AbortController()
  let state: SlotState = 'starting'
  let worker: Worker | undefined
  let failure: Error | undefined
  let restarts = 0
  let hurry: (() => void) | undefined
  const failureNow = (): Error | undefined => failure

  const wait = (delayMs: number): Promise<void> => {
    return new Promise((resolve) => {
      const cancel = clock.after(delayMs, resolve)
      hurry = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Runs one worker from start to end. */
  const runOne = async (): Promise<Next> => {
    state = 'starting'
    const onGivenUp = (reason: Error): void => {
      failure = reason
      worker?.retire()
    }
    try {
      worker = await start(stopping.signal, onGivenUp)
    } catch (error) {
      failure = error as Error
      if (!stopping.signal.aborted) events.startFailed(failure)
      if (isAbsent(failure)) return { state: 'waiting', delayMs: absentMs, reason: 'absent' }
      return { state: 'waiting', delayMs: backoff.next(0), reason: 'start' }
    }
    // Stopped just when it became ready, before anybody could tell it so.
    if (stopping.signal.aborted) worker.stop(0)
    state = 'ready'
    failure = undefined
    const readySinceMs = clock.now()
    events.ready(worker)
    const end = await worker.ended
    events.ended(worker, end)
    worker = undefined
    const givenUp = failureNow()
    if (givenUp) {
      events.startFailed(givenUp)
      return { state: 'resting', delayMs: absentMs, reason: 'absent' }
    }
    return { state: 'waiting', delayMs: backoff.next(clock.now() - readySinceMs), reason: end.reason }
  }

  const run = async (): Promise<void> => {
    for (;;) {
      const next = await runOne()
      if (stopping.signal.aborted) break
      state = next.state
      await wait(next.delayMs)
      if (stopping.signal.aborted) break
      restarts += 1
      events.restarting(next.reason)
    }
    state = 'stopped'
  }

  const finished = run()
  return {
    name,
    state: () => state,
    worker: () => worker,
    failure: failureNow,
    restarts: () => restarts,
    hurry: () => hurry?.(),
    async stop(graceMs) {
      stopping.abort(new BackendError('unavailable', 'the workers are stopping'))
      hurry?.()
      worker?.stop(graceMs)
      await finished
    },
  }
}

const isAbsent = (error: Error): boolean => error instanceof BackendError && error.fault === 'absent'
