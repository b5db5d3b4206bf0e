import type { LookupFunction } from 'node:net'
import { Pool } from 'undici'
import type { CallFacts } from '../../gateway/core/call.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import { connectionFault } from './connection-fault.ts'
import type { Endpoint } from './endpoint.ts'
import { receive, untilAbort, type Received, type Until } from './receive.ts'

/** One request to an engine: a GET, or with a body a POST. */
export interface Question {
  /** Below the engine's URL, e.g. `/embeddings`. */
  readonly route: string
  /** JSON. */
  readonly body?: string
  /** The largest answer that can be honest; a longer one is cut off. */
  readonly maxBytes: number
  readonly until: Until
  readonly requestId?: string
  /** What ties the engine's own spans to the request's trace. */
  readonly trace?: Pick<CallFacts, 'traceparent' | 'tracestate'>
}

/** What an engine answered, whatever the status; of an answer that is no 200 at most the first 16 KiB. */
export type Answer = Pick<Received, 'status' | 'headers' | 'body'>

/** Requests to one engine, over connections that are kept. */
export interface Exchange {
  /**
   * Sends one request, and nothing of it twice. Redirects are not followed.
   *
   * @throws BackendError `connection`, `timeout`, `protocol`, `no_place` or `unavailable`; or what `until` ended with
   */
  send(question: Question): Promise<Answer>
  /** The status that a GET is answered with; of the body no more than 1 MiB is read. @throws as `send` */
  statusOf(route: string, signal: AbortSignal): Promise<number>
  /** Waits for what is in flight, then closes all connections. */
  close(): Promise<void>
}

/** What an exchange may be told besides the engine's address. */
export interface ExchangeOptions {
  /**
   * POSTs at once, those among them that are given up but still wait for a connection; one more is refused (`no_place`), because a
   * line of them would wait past their deadlines.
   */
  readonly connections: number
  /** Resolves host names; the system's by default. */
  readonly lookup?: LookupFunction
}

/** For questions about health, which never wait behind work. */
const spareConnections = 2
const connectMs = 2_000
/** Behind the time limits of calls, for whoever has none. */
const headersMs = 60_000
/** Between two parts of a body. */
const bodySilenceMs = 10_000
/** Below what servers keep idle connections for (Node and uvicorn 5 s), so that none is reset while it is reused. */
const keepAliveMs = 4_000
/** A connection this old is replaced, which asks for the engine's address again: names move. */
const maxConnectionAgeMs = 60_000
const maxUnreadBytes = 16_384
/** Lists of models are long where an engine has many. One that is cut off costs its connection. */
const maxStatusBytes = 1_048_576

/** Opens the exchange with one engine; no connection is made yet. */
export const openExchange = ({ origin, target, headers }: Endpoint, options: ExchangeOptions): Exchange => {
  const pool = new Pool(origin, {
    connections: options.connections + spareConnections,
    // Its type wants the port too, which undici adds.
    connect: { timeout: connectMs, ...(options.lookup && { lookup: options.lookup }) } as object,
    headersTimeout: headersMs,
    bodyTimeout: bodySilenceMs,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    clientTtl: maxConnectionAgeMs,
  })
  let posts = 0
  let closing: Promise<void> | undefined

  const exchange = async (question: Question, onOver?: () => void): Promise<Received> => {
    const { route, body, maxBytes } = question
    let endedBy: Error | undefined
    const until: Until = {
      onEnd: (listener) =>
        question.until.onEnd((reason) => {
          endedBy = reason
          listener(reason)
        }),
    }
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      path: target(route),
      headers: { ...headers, ...headersOf(question) },
      ...(body !== undefined && { body }),
    } as const
    try {
      return await receive(pool, request, (status) => (status === 200 ? maxBytes : maxUnreadBytes), until, onOver)
    } catch (error) {
      throw endedBy ?? connectionFault(error)
    }
  }

  const send = async (question: Question, onOver?: () => void): Promise<Answer> => {
    const answer = await exchange(question, onOver)
    if (answer.status === 200) refuseUnusable(answer, question.maxBytes)
    return answer
  }

  return {
    send: async (question) => {
      if (question.body === undefined) return send(question)
      if (posts >= options.connections) {
        throw new BackendError('no_place', `all ${options.connections} connections to the engine are in use`)
      }
      posts++
      return send(question, () => posts--)
    },
    statusOf: async (route, signal) =>
      (await exchange({ route, maxBytes: maxStatusBytes, until: untilAbort(signal) })).status,
    close: () => (closing ??= pool.close()),
  }
}

/** What a request adds to the headers of its entry. Nothing of a caller's own headers is among them. */
const headersOf = ({ body, requestId, trace }: Question): Record<string, string> => ({
  'accept-encoding': 'identity',
  ...(body !== undefined && { 'content-type': 'application/json' }),
  ...(requestId !== undefined && { 'x-request-id': requestId }),
  ...(trace?.traceparent !== undefined && { traceparent: trace.traceparent }),
  ...(trace?.tracestate !== undefined && { tracestate: trace.tracestate }),
})

/** @throws BackendError `protocol` for an answer that was cut off, or that could be of any size once unpacked */
const refuseUnusable = (answer: Received, maxBytes: number): void => {
  const encoding = answer.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw new BackendError('protocol', 'the engine compressed its answer, although it was asked not to')
  }
  if (!answer.isWhole) throw new BackendError('protocol', `the engine's answer is longer than ${maxBytes} bytes`)
}
