import type { Clock } from '../../../gateway/core/clock.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { restartBackoff } from './restart-backoff.ts'
import type { EndReason, Worker, WorkerEnd } from './worker.ts'

/** Where a slot is: its worker loads, is ready, or is waited for before the next start. */
export type SlotState = 'starting' | 'ready' | 'waiting' | 'stopped'

/** The place of one worker: keeps a living worker in it until it is stopped. */
export interface Slot {
  readonly name: string
  state(): SlotState
  /** Of the worker that is ready. */
  worker(): Worker | undefined
  /** Why the last start failed; undefined once one has succeeded. */
  failure(): Error | undefined
  /** Workers started again so far. */
  restarts(): number
  /** Ends a wait for the next start. */
  hurry(): void
  /** Lets the worker finish what it holds, then ends it; kills it after `graceMs`, or at once while it loads. */
  stop(graceMs: number): Promise<void>
}

/** Why a worker is started again: the last one ended, could not start, or did not find its device. */
export type RestartReason = EndReason | 'start' | 'absent'

/** What a slot tells. */
export interface SlotEvents {
  ready(worker: Worker): void
  ended(worker: Worker, end: WorkerEnd): void
  startFailed(error: Error): void
  /** Another worker is about to be started because of `reason`. */
  restarting(reason: RestartReason): void
}

/** How long a device that is missing is not looked for again. */
const absentMs = 60_000

/** Opens a slot: starts a worker, and another one whenever it has ended or could not start. */
export const openSlot = (
  name: string,
  clock: Clock,
  start: (signal: AbortSignal) => Promise<Worker>,
  events: SlotEvents,
): Slot => {
  const backoff = restartBackoff()
  const stopping = new AbortController()
  let state: SlotState = 'starting'
  let worker: Worker | undefined
  let failure: Error | undefined
  let restarts = 0
  let hurry: (() => void) | undefined

  const wait = (delayMs: number): Promise<void> => {
    state = 'waiting'
    return new Promise((resolve) => {
      const cancel = clock.after(delayMs, resolve)
      hurry = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Runs one worker from start to end; returns the wait before the next one and its reason. */
  const runOne = async (): Promise<{ delayMs: number; reason: RestartReason }> => {
    state = 'starting'
    try {
      worker = await start(stopping.signal)
    } catch (error) {
      failure = error as Error
      if (!stopping.signal.aborted) events.startFailed(failure)
      if (isAbsent(failure)) return { delayMs: absentMs, reason: 'absent' }
      return { delayMs: backoff.next(0), reason: 'start' }
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
    return { delayMs: backoff.next(clock.now() - readySinceMs), reason: end.reason }
  }

  const run = async (): Promise<void> => {
    for (;;) {
      const { delayMs, reason } = await runOne()
      if (stopping.signal.aborted) break
      await wait(delayMs)
      if (stopping.signal.aborted) break
      restarts += 1
      events.restarting(reason)
    }
    state = 'stopped'
  }

  const finished = run()
  return {
    name,
    state: () => state,
    worker: () => worker,
    failure: () => failure,
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
