import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../core/errors.ts'
import { errorBody, publicError } from './error-answer.ts'
import { jsonType } from './json-type.ts'
import { requestIdOf } from './request-id.ts'

/** Answers what never becomes a request of a route, in the one error shape: for Fastify's constructor. */
export const unroutedErrors = {
  /** A path that cannot be decoded. */
  frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    const answer = publicError(error)
    void reply.code(answer.row.status).header('x-request-id', request.id).type(jsonType).send(errorBody(answer))
  },
  /** Bytes that are not HTTP, headers that are too long, a request that takes too long to arrive. */
  clientErrorHandler: (error: Error & { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const [status, message] = faults[error.code ?? ''] ?? [400, 'this is not an HTTP/1.1 request']
    const body = errorBody(new GatewayError('EG_INPUT_INVALID', message))
    const id = `x-request-id: ${requestIdOf({})}`
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${id}\r\ncontent-type: ${jsonType}\r\n`
    socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
  },
} as const

const faults: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the request headers are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
}
