import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { encodeFrame, type Frame, frameKind, frameReader } from '../../../../../backends/onnx/frames.ts'
import { maxFrameBytes, piecesProtocol } from '../../../../../backends/onnx/protocol.ts'
import { decodeRows, type Rows } from '../../../../../backends/onnx/rows.ts'

/** A connection for pieces, frame by frame. */
export interface FrameClient {
  readonly socket: Socket
  /** Sends the body of an embed frame, and resolves with the rows or the reason of the fault. */
  ask(piece: number, body: unknown): Promise<Rows | string>
  raise(piece: number): void
  /** Frames that answer no piece, with their JSON. */
  readonly others: readonly { readonly kind: number; readonly body: unknown }[]
  /** Resolves when `count` of those have come. */
  arrived(count: number): Promise<void>
  cancel(piece: number): void
}

/** Asks a worker to upgrade; resolves with its connection, or with its answer when it refuses. */
export const upgrade = async (
  socketPath: string,
  headers: Record<string, string> = {},
  path = '/pieces',
): Promise<{ readonly client: FrameClient } | { readonly answer: IncomingMessage }> => {
  const asked = request({
    socketPath,
    path,
    headers: { connection: 'upgrade', upgrade: piecesProtocol, ...headers },
    agent: false,
  })
  asked.end()
  return Promise.race([
    once(asked, 'upgrade').then(([, socket, head]) => ({ client: frameClient(socket as Socket, head as Buffer) })),
    once(asked, 'response').then(([answer]) => ({ answer: answer as IncomingMessage })),
  ])
}

const frameClient = (socket: Socket, head: Buffer): FrameClient => {
  const waiting = new Map<number, (frame: Frame) => void>()
  const others: { kind: number; body: unknown }[] = []
  const read = frameReader(maxFrameBytes, (frame) => {
    if (frame.kind === frameKind.rows || frame.kind === frameKind.fault) waiting.get(frame.piece)?.(frame)
    else
      others.push({ kind: frame.kind, body: frame.body.length === 0 ? undefined : JSON.parse(frame.body.toString()) })
  })
  socket.on('data', read)
  socket.on('error', () => {})
  read(head)
  return {
    socket,
    others,
    arrived: async (count) => {
      while (others.length < count) await new Promise((resolve) => setImmediate(resolve))
    },
    ask: (piece, body) =>
      new Promise((resolve) => {
        waiting.set(piece, (frame) => resolve(answerIn(frame)))
        socket.write(encodeFrame(frameKind.embed, piece, typeof body === 'string' ? body : JSON.stringify(body)))
      }),
    raise: (piece) => void socket.write(encodeFrame(frameKind.raise, piece)),
    cancel: (piece) => void socket.write(encodeFrame(frameKind.cancel, piece)),
  }
}

const answerIn = ({ kind, body }: Frame): Rows | string =>
  kind === frameKind.rows ? decodeRows(body) : (JSON.parse(body.toString()) as { reason: string }).reason
