import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GatewayError } from '../core/errors.ts'
import { errorBody, retryHeaders } from './error-answer.ts'
import { jsonType } from './json-type.ts'
import { requestIdOf } from './request-id.ts'

const answered = new WeakMap<Duplex, GatewayError>()

/** What `answerOnSocket` has answered on a connection, if it has. */
export const answeredOnSocket = (socket: Duplex): GatewayError | undefined => answered.get(socket)

/** Time to read the answer: a connection that is closed at once, with bytes unread, is reset and the answer lost. */
const lingerMs = 1_000

/** Writes an error as a whole HTTP answer to a connection that nothing more is read from, and ends it, at the latest after 1 s. */
export const answerOnSocket = (socket: Duplex, error: GatewayError): void => {
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
  answered.set(socket, error)
  // The caller may close first.
  socket.on('error', () => {})
  setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}
