import { maxHeaderSize } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError, type ErrorCode } from '../core/errors.ts'
import { errorBody, publicError } from './error-answer.ts'
import { jsonType } from './json-type.ts'
import { answerOnSocket, carriesRequest } from './socket-answer.ts'

/** Answers what never becomes a request of a route, in the one error shape: for Fastify's constructor. */
export const unroutedErrors = {
  /**
   * Node would refuse a request without a Host header by itself, with no body; `refuseWrongHost` does it instead. Requests
   * that take too long to arrive are looked for often: callers who trickle theirs hold a place each.
   */
  http: { requireHostHeader: false, connectionsCheckingInterval: 1_000 },
  /** A path that cannot be decoded. */
  frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    const answer = publicError(error)
    request.server.endUnrouted({ id: request.id, method: request.method, code: answer.code })
    void reply.code(answer.row.status).header('x-request-id', request.id).type(jsonType).send(errorBody(answer))
  },
  /** Bytes that are not HTTP, headers that are too long, a request that takes too long to arrive. */
  clientErrorHandler(this: FastifyInstance, error: ParserError, socket: Socket): void {
    const isWithinRequest = carriesRequest(socket)
    // It left, in the middle of its body: nothing that it sent was wrong.
    if (error.code === 'ECONNRESET' || (isWithinRequest && error.code === 'HPE_INVALID_EOF_STATE'))
      return void socket.destroy()
    const answer = answerOnSocket(socket, parserFault(error))
    if (answer && isWithinRequest) this.countError(answer.code)
    else if (answer) this.endUnrouted({ ...answer, method: undefined })
  },
} as const

/** An error of Node's HTTP parser. */
interface ParserError extends Error {
  readonly code?: string
  /** One of the parser's own sentences, never bytes of the caller. */
  readonly reason?: string
}

const parserFault = ({ code, reason }: ParserError): GatewayError => {
  const [known, message] = faults[code ?? ''] ?? []
  if (known !== undefined && message !== undefined) return new GatewayError(known, message)
  return new GatewayError('EG_INPUT_INVALID', `this is not an HTTP/1.1 request${reason ? `: ${reason}` : ''}`)
}

const faults: Readonly<Record<string, readonly [code: ErrorCode, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    'EG_HEADERS_TOO_LARGE',
    `path and headers of the request are longer than ${maxHeaderSize} bytes`,
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['EG_BODY_TOO_LARGE', 'the chunk extensions of the request body are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['EG_REQUEST_TIMEOUT', 'the request took too long to arrive'],
}
