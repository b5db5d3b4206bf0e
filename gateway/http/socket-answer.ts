import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorCode, GatewayError } from '../core/errors.ts'
import { errorBody, retryHeaders } from './error-answer.ts'
import { jsonType } from './json-type.ts'
import { requestIdOf } from './request-id.ts'

const answered = new WeakSet<Duplex>()

/** Time to read the answer: a connection that is closed at once, with bytes unread, is reset and the answer lost. */
const lingerMs = 1_000

/**
 * Writes an error as a whole HTTP answer to a connection, and ends it, at the latest after 1 s. What arrives meanwhile is
 * ignored: the parser complains about each further chunk. While an earlier request still waits for its answer, this one would be
 * taken for it: then the connection is only closed.
 *
 * @returns the code that was answered; undefined when nothing was
 */
export const answerOnSocket = (socket: Duplex, error: GatewayError): ErrorCode | undefined => {
  if (answered.has(socket)) return undefined
  if (!socket.writable || owesAnswer(socket)) {
    socket.destroy()
    return undefined
  }
  answered.add(socket)
  const { status } = error.row
  const body = errorBody(error)
  const headers: Readonly<Record<string, string>> = {
    'x-request-id': requestIdOf({}),
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
  return error.code
}

/** Whether a request that has arrived whole is not answered yet. The property is what Node's own handler goes by. */
const owesAnswer = (socket: Duplex): boolean =>
  (Reflect.get(socket, '_httpMessage') as ServerResponse | null | undefined)?.req.complete === true
