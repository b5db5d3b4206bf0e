import type { Priority } from '../../../gateway/core/call.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import { CallerGone } from '../../../gateway/core/errors.ts'
import type { EmbedRequest, PieceWork, RunningRows } from '../protocol.ts'
import type { Rows } from '../rows.ts'
import { nextBatch } from './batch-policy.ts'
import { type Piece, type PieceEntry, createPiece } from './engine/piece.ts'
import { atSpeed, type DeviceProfile } from './profiles.ts'
import { pieceTrace, timesOf } from './engine/piece-trace.ts'
import { createQueue } from './queue.ts'
import { createTextReader } from './engine/read-texts.ts'
import { Refusal } from './engine/refusal.ts'
import type { OnRunning } from './engine/running-rows.ts'
import { type RunRows, rowRunner } from './engine/row-runner.ts'
import type { Session } from './session.ts'
import type { Stats } from './stats.ts'
import type { Tokenizer } from './tokenizer.ts'

/** What an engine works with. */
export interface EngineParts {
  readonly session: Session
  readonly tokenizer: Tokenizer
  readonly profile: DeviceProfile
  readonly clock: Clock
  readonly stats: Stats
  /** More waiting tokens are refused as `busy`. */
  readonly maxQueuedTokens: number
  /** Told of all rows of a batch, of what the device is to compute, and of their class, before it is given to it. */
  readonly onRunning: (rows: RunningRows, paddedTokens: number, priority: Priority) => void
  /** Told once, when the device fails on a text that it has run before: it will not come back by itself. */
  readonly onLost: (error: Error) => void
  /** Lets the event loop read what has arrived. */
  readonly turn: () => Promise<void>
}

/** A piece that has been accepted. */
export interface Submission {
  /** Rejects with a `Refusal`, or with `CallerGone` when it was cancelled. */
  readonly rows: Promise<Rows>
  /** What became of it; once it has its rows. */
  readonly work: () => PieceWork
  /** Takes its waiting texts out of the queue: nobody waits for them any more. A running batch finishes. */
  readonly cancel: () => void
  /** Raises its waiting texts to interactive. */
  readonly raise: () => void
}

/** Queues texts, makes batches of them, and runs one batch after the other. */
export interface Engine {
  /**
   * Takes a piece in.
   *
   * @param id what it is called when it runs
   * @param onRunning told of this piece, and of others submitted with the same function, whenever some of their rows run
   * @throws Refusal `draining` or `busy`
   */
  submit(id: number, request: EmbedRequest, onRunning?: OnRunning): Submission
  /** Takes nothing more in; resolves when everything accepted is answered. */
  drain(): Promise<void>
  /** What waits now. */
  level(): { readonly texts: number; readonly tokens: number }
}

/**
 * Starts an engine. A batch is dispatched at once when the device is idle; while it is busy, what arrives gathers in the
 * queue. No timer waits for a batch to fill. Tokenizing and batches take turns on the one thread that they share.
 */
export const createEngine = (parts: EngineParts): Engine => {
  const { session, tokenizer, profile, clock, stats, maxQueuedTokens, turn } = parts
  const queue = createQueue<PieceEntry>(profile.budgetTokens)
  const pieces = new Set<Piece>()
  const whenEmpty = new Set<() => void>()
  let isDraining = false
  let isBusy = false
  let isReading = false
  /** The batch that the device has. */
  let running: readonly PieceEntry[] | undefined
  const run: RunRows = rowRunner(parts)

  const work = async (): Promise<void> => {
    isBusy = true
    // A run blocks this thread: what arrived meanwhile, and what was cancelled, is read in before each batch.
    for (await turn(); queue.texts > 0; await turn()) {
      reader.readSlice()
      const { rows, expired, paddedTokens } = nextBatch(queue, atSpeed(profile, stats.msPerToken()), clock.now())
      for (const { piece } of expired) piece.refuse(outOfTime())
      if (rows.length === 0) continue
      running = rows
      await run(rows, paddedTokens)
      running = undefined
    }
    isBusy = false
  }

  const enqueue = (piece: Piece): void => {
    const tokens = piece.entries.reduce((sum, entry) => sum + entry.ids.length, 0)
    if (queue.tokens + tokens > maxQueuedTokens) return piece.refuse(full())
    piece.entries.forEach(queue.add)
    if (!isBusy) void work()
  }

  const reader = createTextReader(tokenizer, clock, enqueue)
  const read = async (): Promise<void> => {
    isReading = true
    let seen = running
    // While batches follow each other, one slice before each is enough: the device waits for it. A run that lets a turn pass
    // does not block this thread, so that texts can be read beside it.
    for (await turn(); reader.isWaiting(); await turn()) {
      if (!isBusy || (running && running === seen)) reader.readSlice()
      seen = running
    }
    isReading = false
  }

  const forget = (piece: Piece): void => {
    pieces.delete(piece)
    piece.entries.forEach(queue.remove)
    if (pieces.size === 0) whenEmpty.forEach((resolve) => resolve())
  }

  return {
    submit(id, { texts, truncate, tenant, priority, deadlineMs, alone, traceparent }, told) {
      if (isDraining) throw new Refusal('draining', 'the worker is stopping')
      if (queue.tokens >= maxQueuedTokens) throw full()
      const trace = traceparent === undefined ? undefined : pieceTrace(traceparent, clock.now())
      const piece = createPiece(id, texts.length, session.dims, priority, { alone, onRunning: told, trace })
      pieces.add(piece)
      const cancelTimer = clock.after(deadlineMs, () => piece.refuse(outOfTime()))
      const end = (): void => {
        cancelTimer()
        forget(piece)
      }
      piece.rows.then(end, end)
      reader.add(piece, { texts, truncate, tenant, deadlineAtMs: clock.now() + deadlineMs })
      if (!isReading) void read()
      const cancel = (): void => {
        if (!piece.isSettled()) piece.refuse(new CallerGone())
      }
      const raise = (): void => {
        if (piece.priority === 'interactive') return
        piece.priority = 'interactive'
        reader.raise(piece)
        for (const entry of piece.entries) queue.raise(entry, 'interactive')
      }
      const whatBecameOf = (): PieceWork => ({
        batchTexts: piece.batchTexts,
        ...(trace && { times: timesOf(trace, clock.now()) }),
      })
      return { rows: piece.rows, work: whatBecameOf, cancel, raise }
    },
    async drain() {
      isDraining = true
      if (pieces.size > 0) await new Promise<void>((resolve) => whenEmpty.add(resolve))
    },
    level: () => ({ texts: queue.texts, tokens: queue.tokens }),
  }
}

const full = (): Refusal => new Refusal('busy', 'the queue is full')
const outOfTime = (): Refusal => new Refusal('deadline', 'the deadline passed while the texts waited')
