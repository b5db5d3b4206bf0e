import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { CallerGone } from '../../../gateway/core/errors.ts'
import type { WorkerFault, WorkerHealth, WorkerStats } from '../protocol.ts'
import { encodeRows } from '../rows.ts'
import { isAuthorized } from './server/bearer.ts'
import { bodyReader } from './server/body.ts'
import type { Engine } from './engine.ts'
import { Refusal, type RefusalReason } from './engine/refusal.ts'
import { embedRequestOf, raiseRequestOf, remainingMsOf } from './server/requests.ts'

/** What a server answers with. */
export interface ServerParts {
  readonly engine: Engine
  readonly health: () => WorkerHealth
  /** @param since number of the last batch that the asker knows */
  readonly stats: (since: number) => WorkerStats
  /** Wanted in every request; undefined: none is. */
  readonly token: string | undefined
}

const statuses: Readonly<Record<RefusalReason, number>> = {
  bad_request: 400,
  too_long: 400,
  unauthorized: 401,
  inference: 500,
  busy: 503,
  draining: 503,
  deadline: 504,
}

/** Longer than any client of ours keeps a connection idle, so that it is never the server who closes a reused one. */
const keepAliveMs = 60_000
/** Eight gateways with all their connections in use; each connection holds at most one piece. */
const maxConnections = 4_096

/** The HTTP server of a worker: the routes of protocol.ts. Not listening yet. */
export const createWorkerServer = (parts: ServerParts): Server => {
  const routes = routesOf(parts)
  const server = createServer({ keepAliveTimeout: keepAliveMs, requestTimeout: keepAliveMs }, (request, response) => {
    answer(routes, parts, request, response).catch((error: unknown) => fail(response, error))
  })
  server.maxConnections = maxConnections
  return server
}

type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void

const answer = async (
  routes: ReadonlyMap<string, Route>,
  { token }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (token !== undefined && !isAuthorized(request.headers.authorization, token)) {
    throw new Refusal('unauthorized', 'a bearer token is wanted')
  }
  const url = new URL(request.url ?? '/', 'http://worker')
  const route = routes.get(`${request.method} ${url.pathname}`)
  if (!route) throw new Refusal('bad_request', `there is no ${request.method} ${url.pathname}`)
  await route(request, response, url)
}

const routesOf = ({ engine, health, stats }: ServerParts): ReadonlyMap<string, Route> => {
  const bodies = bodyReader()
  return new Map<string, Route>([
    [
      'POST /embed',
      async (request, response) => {
        const remainingMs = remainingMsOf(request.headers['x-embedgate-deadline-ms'])
        const submission = engine.submit(embedRequestOf(await bodies.read(request)), remainingMs)
        // Also fires after the answer, when there is nothing left to cancel.
        response.once('close', submission.cancel)
        if (response.destroyed) submission.cancel()
        const bytes = encodeRows(await submission.rows)
        response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.byteLength })
        response.end(bytes)
      },
    ],
    [
      'POST /raise',
      async (request, response) => {
        const { piece, priority } = raiseRequestOf(await bodies.read(request))
        engine.raise(piece, priority)
        response.writeHead(204).end()
      },
    ],
    ['GET /stats', (_, response, url) => sendJson(response, 200, stats(Number(url.searchParams.get('since')) || 0))],
    ['GET /health', (_, response) => sendJson(response, 200, health())],
  ])
}

const sendJson = (response: ServerResponse, status: number, value: WorkerStats | WorkerHealth | WorkerFault): void => {
  const body = JSON.stringify(value)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, headers).end(body)
}

const fail = (response: ServerResponse, error: unknown): void => {
  if (error instanceof CallerGone || response.headersSent || response.destroyed) return void response.destroy()
  const refusal = error instanceof Refusal ? error : new Refusal('inference', `the worker failed: ${String(error)}`)
  const { reason, message } = refusal
  // What is left of a body that was refused half-way is not read: the connection ends with the answer.
  if (!response.req.complete) response.setHeader('connection', 'close')
  if (reason === 'draining') response.setHeader('connection', 'close')
  sendJson(response, statuses[reason], { error: { reason, message } })
}
