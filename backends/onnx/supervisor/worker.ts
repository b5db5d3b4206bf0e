import type { Cancel, Clock } from '../../../gateway/core/clock.ts'
import type { RunningBatch } from '../protocol.ts'
import { byPiece } from './by-piece.ts'
import type { WorkerClient } from './worker-client.ts'
import type { ReadyNotice, WorkerProcess } from './worker-process.ts'

/**
 * Why a worker ended; a metric label. `crash` by itself, `frozen` it stopped answering, `connection` its socket failed,
 * `protocol` it answered garbage, `inference` its runtime threw again and again, `stopped` it was told to.
 */
export type EndReason = 'crash' | 'frozen' | 'connection' | 'protocol' | 'inference' | 'stopped'

/** How a worker ended. */
export interface WorkerEnd {
  readonly reason: EndReason
  /** Its signal or its exit code, for the log. */
  readonly how: string
  /** Rows of the batch that ran last, by piece. */
  readonly running: ReadonlyMap<number, ReadonlySet<number>>
}

/** One worker from its first answer to its end. A replacement is another one. */
export interface Worker {
  readonly pid: number | undefined
  readonly about: ReadyNotice
  readonly client: WorkerClient
  /** The batch that it has begun last; the same object until it begins another. */
  running(): RunningBatch
  /**
   * What is left to compute of the bulk batch that it has begun last, as predicted: all of it again once it should be done, for
   * nobody knows how long it will take. 0 when that batch is an interactive one.
   */
  runningBulkTokens(): number
  /** What it has been sent and has not answered. */
  readonly outstanding: { pieces: number; tokens: number }
  /** Whether it may be sent more. */
  usable(): boolean
  /** Sends it nothing more: it is about to end by itself. Killed if it has not ended after a while. */
  retire(): void
  /** Its socket failed. It gets a moment to end by itself, so that the reason is told right; then it is killed. */
  lost(): void
  /** Kills it. */
  condemn(reason: EndReason): void
  /** Asks it to finish what it holds and to end; kills it after `graceMs`. */
  stop(graceMs: number): void
  /** Notes how a piece went, `true` for rows: a runtime that only throws is beyond repair, and the worker is replaced. */
  noteInference(ok: boolean): void
  readonly ended: Promise<WorkerEnd>
}

/** How long the exit of a worker whose socket was reset may take to be seen. */
const exitNoticeMs = 500
/** How long a worker that says it is draining may take. */
const retireMs = 10_000
const maxInferenceFaults = 3
/** A process that hangs in a driver cannot be killed; after this long it counts as ended, and is left behind. */
const unkillableMs = 3_000

/** A worker around its process and its socket. */
export const openWorker = (process: WorkerProcess, client: WorkerClient, about: ReadyNotice, clock: Clock): Worker => {
  let reason: EndReason = 'crash'
  let isUsable = true
  let inferenceFaults = 0
  let cancelKill: Cancel | undefined
  let giveUp: (() => void) | undefined
  const unkillable = new Promise<string>((resolve) => (giveUp = () => resolve('cannot be killed')))
  const ended = Promise.race([process.ended, unkillable]).then((how): WorkerEnd => {
    isUsable = false
    cancelKill?.()
    return { reason, how, running: byPiece(process.running().running) }
  })
  const kill = (why: EndReason): void => {
    isUsable = false
    cancelKill?.()
    reason = why
    process.kill()
    cancelKill = clock.after(unkillableMs, () => giveUp?.())
  }
  const killAfter = (delayMs: number, why: EndReason): void => {
    isUsable = false
    cancelKill?.()
    cancelKill = clock.after(delayMs, () => kill(why))
  }
  return {
    pid: process.pid,
    about,
    client,
    running: () => process.running(),
    runningBulkTokens: () => {
      const { paddedTokens, priority, predictedMs, beganAtMs } = process.running()
      if (priority !== 'bulk') return 0
      const leftMs = beganAtMs + predictedMs - clock.now()
      return leftMs > 0 ? (paddedTokens * leftMs) / predictedMs : paddedTokens
    },
    outstanding: { pieces: 0, tokens: 0 },
    usable: () => isUsable,
    retire: () => {
      if (!isUsable) return
      reason = 'stopped'
      killAfter(retireMs, 'stopped')
    },
    lost: () => {
      if (isUsable) killAfter(exitNoticeMs, 'connection')
    },
    condemn: kill,
    stop: (graceMs) => {
      reason = 'stopped'
      process.stop()
      // A server that stops waits for its connections.
      client.finish()
      killAfter(graceMs, 'stopped')
    },
    noteInference: (ok) => {
      inferenceFaults = ok ? 0 : inferenceFaults + 1
      if (inferenceFaults >= maxInferenceFaults) kill('inference')
    },
    ended,
  }
}
