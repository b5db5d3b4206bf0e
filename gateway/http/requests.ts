import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { whenClosed } from '../core/connection.ts'
import { callerGoneStatus, endedStatus } from '../core/ended-status.ts'
import { errorTable, type ErrorCode } from '../core/errors.ts'
import type { RequestTrace } from '../core/span.ts'
import { requestIdOf } from './request-id.ts'
import { answeredOnSocket } from './socket-answer.ts'
import type { RequestSummary } from './summary.ts'

/** A request whose answer is out, or whose caller has gone. */
export interface EndedRequest {
  readonly id: string
  /** Undefined for bytes that were no request. */
  readonly method: string | undefined
  /** The pattern of its route; undefined when there is none. */
  readonly route: string | undefined
  /** 499 when the caller left before its answer was out. */
  readonly status: number
  /** From the head of the request to the end of its answer; undefined for one that never came to a route. */
  readonly durationMs: number | undefined
  /** `success`, `caller_gone`, or the code of the error; undefined on routes that embed nothing. */
  readonly outcome: string | undefined
  /** Undefined for a caller without a key where keys are configured. */
  readonly tenant: string | undefined
  readonly summary: RequestSummary | null
  /** Where requests are traced. */
  readonly trace: RequestTrace | null | undefined
  /** The caller's. */
  readonly traceparent: string | undefined
}

/** Told of every request. */
export interface RequestObserver {
  /** @param route the pattern of its route; undefined when there is none */
  begin?(route: string | undefined): void
  end(request: EndedRequest): void
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Has `observer` told of every request from now on. */
    observeRequests(observer: RequestObserver): void
    /** Tells observers of a request that was answered with an error before it came to a route, and counts the error. */
    endUnrouted(request: { readonly id: string; readonly method: string | undefined; readonly code: ErrorCode }): void
  }
}

/** Begins and ends every request: its id in the answer, and those told who watch requests. */
export default fp(
  async (app) => {
    const observers: RequestObserver[] = []
    app.decorateRequest('summary', null)
    app.setGenReqId((request) => requestIdOf(request.headers))
    app.decorate('observeRequests', (observer) => void observers.push(observer))
    app.decorate('endUnrouted', ({ id, method, code }) => {
      app.countError(code)
      const about = { route: undefined, durationMs: undefined, tenant: undefined, trace: undefined }
      const summary = { outcome: code }
      const ended = { ...about, id, method, status: errorTable[code].status, outcome: code, summary }
      for (const observer of observers) {
        observer.begin?.(undefined)
        observer.end({ ...ended, traceparent: undefined })
      }
    })
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id)
      const route = request.routeOptions.url
      for (const observer of observers) observer.begin?.(route)
      whenClosed(reply.raw, request.raw.socket, () => {
        const ended = endedRequest(request, reply, route)
        for (const observer of observers) observer.end(ended)
      })
      done()
    })
  },
  { name: 'requests', dependencies: ['errors'] },
)

const endedRequest = (request: FastifyRequest, reply: FastifyReply, route: string | undefined): EndedRequest => {
  const { summary } = request
  // The parser gave up in the middle of its body.
  const refused = reply.raw.writableFinished ? undefined : answeredOnSocket(request.raw.socket)
  const status = refused ? errorTable[refused.code].status : endedStatus(reply.raw, request.raw.socket)
  const { traceparent } = request.headers
  return {
    id: request.id,
    method: request.method,
    route,
    status,
    durationMs: reply.elapsedTime,
    outcome: summary?.outcome ?? refused?.code ?? (status === callerGoneStatus ? 'caller_gone' : undefined),
    // Refused at the door, it has no identity yet.
    tenant: request.identity?.tenant || undefined,
    summary,
    trace: request.trace,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
  }
}
