import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Readable } from 'node:stream'
import { whenClosed } from '../../gateway/core/connection.ts'
import { CallerGone, GatewayError } from '../../gateway/core/errors.ts'
import type { BackendEntry } from '../../gateway/core/served-model.ts'
import { traceContextOf } from '../../gateway/core/traceparent.ts'
import { boundedAgent, type AgentBounds } from './bounded-agent.ts'
import { proxyDescription } from './description.ts'
import { failedExchange, refusedAnswer, type AnswerHead } from './fault.ts'
import { answerHeaders, mergedQuery, requestHeaders } from './headers.ts'
import { listedRoute, type Destination } from './listed-route.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where a request to `/proxy` goes; null for others. */
    proxyDestination: Destination | null
  }
}

/** What there is to pass on, and the bounds of each exchange. */
export interface ProxyOptions {
  readonly backends: Readonly<Record<string, BackendEntry>>
  /** Limit of a whole exchange. */
  readonly requestTimeoutMs: number
  readonly bodyLimitBytes: number
  /** 32 MiB by default. */
  readonly maxAnswerBytes?: number
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * `/proxy/{backend}/*`: passes on, as they are, requests to the routes that a backend's entry lists under `proxy`, with the
 * entry's key in place of the caller's. The path sent is the one that the entry lists, never the caller's.
 */
export default fp<ProxyOptions>(
  async (app, { backends, requestTimeoutMs, bodyLimitBytes, maxAnswerBytes = 33_554_432 }) => {
    app.decorateRequest('proxyDestination', null)
    // Loading the proxy takes some 30 ms, which most gateways need not spend.
    if (!Object.values(backends).some((entry) => 'proxy' in entry)) return
    await app.register((scope) => proxyRoutes(scope, { timeoutMs: requestTimeoutMs, maxAnswerBytes }, bodyLimitBytes))
  },
  { name: 'proxy', dependencies: ['chain', 'auth', 'errors'] },
)

const proxyRoutes = async (scope: FastifyInstance, bounds: AgentBounds, bodyLimit: number): Promise<void> => {
  const { default: httpProxy } = await import('@fastify/http-proxy')
  const agent = boundedAgent(scope.clock, bounds)
  scope.addHook('onClose', () => agent.destroy())
  scope.addHook('onRequest', async (request, reply) => {
    const { method, headers } = request
    const allow = (listed: string): void => void reply.header('allow', listed)
    request.proxyDestination = listedRoute(
      method,
      request.raw.url ?? '',
      (name) => scope.backends.passThrough(name),
      allow,
    )
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new GatewayError('EG_MEDIA_TYPE', 'send the request uncompressed')
    }
  })
  // Bodies are read here, up to the limit, and sent on byte for byte.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))

  await scope.register(httpProxy, {
    upstream: '',
    prefix: '/proxy/:backend',
    httpMethods: [...methods],
    config: { description: proxyDescription },
    proxyPayloads: false,
    disableRequestLogging: true,
    undici: agent,
    handler: (request, reply, _callersPath, options) => {
      const { passThrough, path } = destinationOf(request)
      const [target = '', query = ''] = passThrough.target(path).split('?')
      const gone = new AbortController()
      whenClosed(reply.raw, request.raw.socket, () => gone.abort(new CallerGone()))
      return agent.until(gone.signal, () =>
        reply.from(target, {
          ...options,
          ...(request.body !== undefined && {
            body: request.body,
            contentType: request.headers['content-type'] ?? 'application/octet-stream',
          }),
          queryString: (_search, url) => mergedQuery(url.split('?').slice(1).join('?'), query),
        }),
      )
    },
    replyOptions: {
      getUpstream: (request) => destinationOf(request as FastifyRequest).passThrough.origin,
      // By itself it would send a GET that was answered with 503 ten times more.
      retryDelay: () => null,
      rewriteRequestHeaders: (request, headers) =>
        requestHeaders(
          destinationOf(request as FastifyRequest).passThrough,
          headers,
          request.id,
          (request as FastifyRequest).trace ?? traceContextOf(request.headers),
        ),
      rewriteHeaders: answerHeaders,
      onError: (reply, { error }) => void reply.send(failedExchange(error)),
      onResponse: (_request, reply, response) =>
        passOn(
          reply as FastifyReply,
          response as unknown as ProxiedAnswer,
          bounds.maxAnswerBytes,
          scope.clock.wallNow(),
        ),
    },
  })
}

/** An answer as the proxy hands it over; its types call it Node's. */
interface ProxiedAnswer extends AnswerHead {
  readonly stream: Readable
}

const passOn = (reply: FastifyReply, answer: ProxiedAnswer, maxAnswerBytes: number, wallMs: number): void => {
  const refusal = refusedAnswer(answer, maxAnswerBytes, wallMs)
  if (!refusal) return void reply.send(answer.stream)
  // Nobody waits for what it fails with.
  answer.stream.once('error', () => {})
  answer.stream.destroy()
  for (const name of Object.keys(answerHeaders(answer.headers))) reply.removeHeader(name)
  void reply.send(refusal)
}

/** Set before the body was read, or the request was refused. */
const destinationOf = ({ proxyDestination }: FastifyRequest): Destination => {
  if (!proxyDestination) throw new GatewayError('EG_INTERNAL', 'a request reached the proxy without a destination')
  return proxyDestination
}
