import type { Duplex } from 'node:stream'
import { CallerGone } from '../../../../gateway/core/errors.ts'
import { encodeFrame, type Frame, frameKind, frameReader, frameWriter } from '../../frames.ts'
import { maxFrameBytes, maxUnreadBytes, type PieceWork, type RunningRows, type WorkerStats } from '../../protocol.ts'
import { encodeRows, type Rows } from '../../rows.ts'
import type { Engine, Submission } from '../engine.ts'
import { Refusal } from '../engine/refusal.ts'
import type { HeldBytes } from './held-bytes.ts'
import { embedRequestOf } from './requests.ts'

/** What answers the frames of a connection. */
export interface PieceParts {
  readonly engine: Engine
  readonly held: HeldBytes
  /** @param since number of the last batch that the asker knows */
  readonly stats: (since: number) => WorkerStats
  /** Whether the connection is told which of its rows run. */
  readonly tellsRunning: boolean
}

/**
 * Answers the pieces of one connection, until it ends. What does not keep to the protocol is cut off.
 *
 * @param socket its errors are somebody else's
 * @param received what came behind the request to upgrade
 */
export const answerPieces = (socket: Duplex, received: Buffer, parts: PieceParts): void => {
  const { engine, held, stats, tellsRunning } = parts
  const inWork = new Map<number, Submission>()

  // Together leave the answers of one batch, before the next one blocks this thread.
  const write = frameWriter(socket, (flush) => process.nextTick(flush))
  const send = (frame: Buffer): void => {
    if (socket.destroyed || socket.writableEnded) return
    // Who does not read answers is not asked for more pieces.
    if (!write(frame) && socket.writableLength > maxUnreadBytes) socket.pause()
  }
  const answer = (piece: number, rows: Rows, work: PieceWork | undefined): void => {
    if (work) send(encodeFrame(frameKind.work, piece, JSON.stringify(work)))
    send(encodeFrame(frameKind.rows, piece, encodeRows(rows)))
  }
  const refuse = (piece: number, error: unknown): void => {
    if (error instanceof CallerGone) return
    const refusal = error instanceof Refusal ? error : new Refusal('inference', `the worker failed: ${String(error)}`)
    const { reason, message } = refusal
    send(encodeFrame(frameKind.fault, piece, JSON.stringify({ reason, message })))
  }

  const tellRunning = (rows: RunningRows): void => {
    send(encodeFrame(frameKind.running, 0, JSON.stringify(rows)))
    // The batch may block this thread at once, or end the process.
    socket.uncork()
  }

  const embed = ({ piece, body }: Frame): void => {
    let release: (() => void) | undefined
    try {
      const request = embedRequestOf(body)
      release = held.take(body.byteLength, request.texts.length)
      const submission = engine.submit(piece, request, tellsRunning ? tellRunning : undefined)
      inWork.set(piece, submission)
      submission.rows
        .then(
          (rows) => answer(piece, rows, request.tellsWork ? submission.work() : undefined),
          (error: unknown) => refuse(piece, error),
        )
        .finally(() => {
          inWork.delete(piece)
          release?.()
        })
    } catch (error) {
      release?.()
      refuse(piece, error)
    }
  }

  const cancelAll = (): void => {
    for (const { cancel } of inWork.values()) cancel()
  }

  const onFrame = (frame: Frame): void => {
    const submission = inWork.get(frame.piece)
    if (frame.kind === frameKind.embed && !submission) embed(frame)
    else if (frame.kind === frameKind.raise) submission?.raise()
    else if (frame.kind === frameKind.cancel) submission?.cancel()
    else if (frame.kind === frameKind.stats) send(encodeFrame(frameKind.stats, 0, JSON.stringify(stats(frame.piece))))
    else socket.destroy()
  }

  const read = frameReader(maxFrameBytes, onFrame)
  const take = (chunk: Buffer): void => {
    try {
      read(chunk)
    } catch {
      socket.destroy()
    }
  }
  socket.on('data', take)
  socket.on('drain', () => socket.resume())
  socket.on('end', () => {
    cancelAll()
    socket.end()
  })
  socket.on('close', cancelAll)
  take(received)
}
