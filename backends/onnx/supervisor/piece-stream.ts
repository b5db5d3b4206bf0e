import type { Duplex } from 'node:stream'
import type { Call } from '../../../gateway/core/call.ts'
import { BackendError, GatewayError } from '../../../gateway/core/errors.ts'
import { encodeFrame, type Frame, frameKind, frameReader, frameWriter } from '../frames.ts'
import { type EmbedRequest, maxFrameBytes, maxUnreadBytes, type PieceWork } from '../protocol.ts'
import { answerOf, type PieceAnswer, workOf } from './piece-answer.ts'

/** Pieces on their way to one worker and back, all over one connection. */
export interface PieceStream {
  /**
   * Sends a piece and resolves with its answer.
   *
   * @param until takes the piece back when it ends
   * @throws what `until` ended with; GatewayError `EG_BODY_TOO_LARGE`; BackendError `busy` when the worker does not read what
   *   it was sent; BackendError `connection` when the socket fails, `protocol` when the answer is not what
   *   the protocol says
   */
  readonly embed: (piece: number, request: EmbedRequest, until: Pick<Call, 'endedBy' | 'onEnd'>) => Promise<PieceAnswer>
  /** Raises what waits of a piece to interactive; nothing happens when it is not out. */
  readonly raise: (piece: number) => void
  /** Sends a frame without a body, with `about` for a piece number; its answer goes to `onOther`. */
  readonly ask: (kind: (typeof frameKind)['stats'], about: number) => void
  /** Closes the connection when the last answer has arrived. */
  readonly finish: () => void
  /** Drops the connection; pieces that are out fail with `reason`, a `connection` fault by default. */
  close(reason?: BackendError): void
}

/** What else happens on a connection. */
export interface StreamEvents {
  /** Given frames that answer no piece; returns what is wrong with one. All are wrong by default. */
  readonly onOther?: (frame: Frame) => BackendError | undefined
  /** Told once, with what ended it, when the connection is of no more use; before the pieces that are out fail. */
  readonly onFailed?: (error: BackendError) => void
  /** Told of each run of bytes that has arrived. */
  readonly onBytes?: (count: number) => void
}

/** For a piece that is never taken back. */
export const unending: Pick<Call, 'endedBy' | 'onEnd'> = { endedBy: undefined, onEnd: () => () => {} }

interface Waiting {
  readonly texts: number
  /** What came before its rows. */
  work?: PieceWork
  answer(answer: PieceAnswer): void
  fail(error: Error): void
}

/**
 * Speaks frames to one worker. The connection is made for the first piece, and never again: a worker whose connection has
 * failed is replaced.
 *
 * @param dims width of the rows that the model makes
 */
export const pieceStream = (
  connect: () => Promise<Duplex>,
  dims: number,
  { onOther = notExpected, onFailed, onBytes }: StreamEvents = {},
): PieceStream => {
  const out = new Map<number, Waiting>()
  /** Frames of before the connection. */
  const unsent: Buffer[] = []
  let socket: Duplex | undefined
  let write: (frame: Buffer) => void
  let isConnecting = false
  let isFinishing = false
  let failure: BackendError | undefined

  const fail = (error: BackendError): void => {
    if (!failure) {
      failure = error
      onFailed?.(error)
    }
    socket?.destroy()
    for (const waiting of out.values()) waiting.fail(failure)
    out.clear()
  }
  const failed = (cause: Error): void =>
    fail(new BackendError('connection', `the connection to the worker failed: ${cause.message}`, { cause }))

  const onWork = ({ piece, body }: Frame): void => {
    const waiting = out.get(piece)
    if (!waiting) return
    const work = workOf(body)
    if (work instanceof BackendError) fail(work)
    else waiting.work = work
  }

  const onFrame = (frame: Frame): void => {
    // What follows something wrong is not looked at.
    if (failure) return
    if (frame.kind === frameKind.work) return onWork(frame)
    if (frame.kind !== frameKind.rows && frame.kind !== frameKind.fault) {
      const wrong = onOther(frame)
      if (wrong) fail(wrong)
      return
    }
    const waiting = out.get(frame.piece)
    // Its answer and its cancellation have crossed.
    if (!waiting) return
    const answer = answerOf(frame.kind, frame.body, waiting.texts, dims)
    if (answer instanceof BackendError) return fail(answer)
    waiting.answer('rows' in answer && waiting.work ? { ...answer, work: waiting.work } : answer)
  }

  const adopt = (opened: Duplex): void => {
    socket = opened
    // Together leaves what is sent in one turn of the event loop.
    write = frameWriter(opened, setImmediate)
    const read = frameReader(maxFrameBytes, onFrame)
    opened.on('data', (chunk: Buffer) => {
      onBytes?.(chunk.length)
      try {
        read(chunk)
      } catch (cause) {
        fail(new BackendError('protocol', (cause as Error).message, { cause }))
      }
    })
    opened.on('error', failed)
    opened.on('close', () => failed(new Error('it was closed')))
    if (failure) opened.destroy()
    for (const frame of unsent.splice(0)) opened.write(frame)
    endIfFinished()
  }

  const send = (frame: Buffer): void => {
    if (!socket) {
      unsent.push(frame)
      if (isConnecting) return
      isConnecting = true
      connect().then(adopt, failed)
      return
    }
    write(frame)
  }

  const endIfFinished = (): void => {
    if (isFinishing && out.size === 0) socket?.end()
  }

  return {
    embed: (piece, request, until) =>
      new Promise((resolve, reject) => {
        const body = JSON.stringify(request)
        const refused = until.endedBy ?? failure ?? tooMuch(body, socket?.writableLength ?? 0)
        if (refused) return reject(refused)
        const settle = (): void => {
          ignoreEnd()
          out.delete(piece)
          endIfFinished()
        }
        out.set(piece, {
          texts: request.texts.length,
          answer: (answer) => {
            settle()
            resolve(answer)
          },
          fail: (error) => {
            ignoreEnd()
            reject(error)
          },
        })
        send(encodeFrame(frameKind.embed, piece, body))
        const ignoreEnd = until.onEnd((reason) => {
          send(encodeFrame(frameKind.cancel, piece))
          settle()
          reject(reason)
        })
      }),
    raise: (piece) => {
      if (out.has(piece)) send(encodeFrame(frameKind.raise, piece))
    },
    finish() {
      isFinishing = true
      endIfFinished()
    },
    ask: (kind, about) => send(encodeFrame(kind, about)),
    close: (reason = new BackendError('connection', 'the connection to the worker was closed')) => fail(reason),
  }
}

const notExpected = (): BackendError => new BackendError('protocol', 'the worker sent a frame that is no answer')

/** Why a piece is not sent: the worker would cut the connection, or does not read what it was sent before. */
const tooMuch = (body: string, unreadBytes: number): Error | undefined => {
  if (Buffer.byteLength(body) > maxFrameBytes) {
    return new GatewayError('EG_BODY_TOO_LARGE', `a text takes more than ${maxFrameBytes} bytes on its way to a worker`)
  }
  return unreadBytes > maxUnreadBytes ? new BackendError('busy', 'the worker does not read') : undefined
}
