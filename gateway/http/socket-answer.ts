import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorCode, GatewayError } from '../core/errors.ts'
import { errorBody, retryHeaders } from './error-answer.ts'
import { jsonType } from './json-type.ts'
import { requestIdOf } from './request-id.ts'

/** What was answered to bytes that came to no route. */
export interface SocketAnswer {
  readonly id: string
  readonly code: ErrorCode
}

const answers = new WeakMap<Duplex, SocketAnswer>()

/** Time to read the answer: a connection that is closed at once, with bytes unread, is reset and the answer lost. */
const lingerMs = 1_000

/**
 * Writes an error as a whole HTTP answer to a connection, and ends it, at the latest after 1 s. What arrives meanwhile is
 * ignored: the parser complains about each further chunk. While an earlier request still waits for its answer, this one would be
 * taken for it: then the connection is only closed.
 *
 * @returns the code that was answered, and the id in the answer; undefined when nothing was answered
 */
export const answerOnSocket = (socket: Duplex, error: GatewayError): SocketAnswer | undefined => {
  if (answers.has(socket)) return undefined
  if (!socket.writable || owesAnswer(socket)) {
    socket.destroy()
    return undefined
  }
  const { code } = error
  const id = requestIdOf({})
  answers.set(socket, { id, code })
  const { status } = error.row
  const body = errorBody(error)
  const headers: Readonly<Record<string, string>> = {
    'x-request-id': id,
    ...retryHeaders(error),
    'content-type': jsonType,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // The caller may close first.
  socket.on('error', () => {})
  setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  return { id, code }
}

/** What was answered on a connection in place of the answer of its request. */
export const answeredOnSocket = (socket: Duplex): SocketAnswer | undefined => answers.get(socket)

/** Whether a request has begun on a connection and is not answered yet. The property is what Node's own handler goes by. */
export const carriesRequest = (socket: Duplex): boolean => responseOn(socket) != null

/** Whether a request that has arrived whole is not answered yet. */
const owesAnswer = (socket: Duplex): boolean => responseOn(socket)?.req.complete === true

const responseOn = (socket: Duplex): ServerResponse | null | undefined => Reflect.get(socket, '_httpMessage')
