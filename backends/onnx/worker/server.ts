import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES, createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { isSameSecret } from '../../../gateway/core/same-secret.ts'
import { encodeFrame, frameKind } from '../frames.ts'
import { piecesProtocol, type WorkerFault, type WorkerHealth, type WorkerStats } from '../protocol.ts'
import { closeServer } from './server/close-server.ts'
import { heldBytes } from './server/held-bytes.ts'
import { answerPieces } from './server/piece-connection.ts'
import type { Engine } from './engine.ts'

/** What a server answers with. */
export interface ServerParts {
  readonly engine: Engine
  /** Width of the rows that it makes. */
  readonly dims: number
  readonly health: () => WorkerHealth
  /** @param since number of the last batch that the asker knows */
  readonly stats: (since: number) => WorkerStats
  /** Wanted in every request; undefined: none is. */
  readonly token: string | undefined
  /** Whether a supervisor is told what runs, and decides when to stop; otherwise connections are told. */
  readonly isSupervised: boolean
}

/** A worker's server. */
export interface WorkerServer {
  readonly server: Server
  /** Tells all connections that it is about to stop. */
  readonly announceStop: () => void
  /** Stops listening and ends each connection once its last answer has left. To be called when nothing is in work. */
  readonly close: () => Promise<void>
}

/** Longer than any client of ours keeps a connection idle, so that it is never the server who closes a reused one. */
const keepAliveMs = 60_000
/** How long a connection is silent before the kernel asks whether the other side is still there. */
const keepAliveProbeMs = 30_000
/** A gateway has three; the others are for those who look. */
const maxConnections = 256
/** What pieces in work hold together. */
const maxHeldBytes = 134_217_728

/** The server of a worker: what protocol.ts says. Not listening yet. */
export const createWorkerServer = (parts: ServerParts): WorkerServer => {
  const { engine, dims, health, stats, token, isSupervised } = parts
  const streams = new Set<Duplex>()
  const held = heldBytes(maxHeldBytes, dims)

  const isRefused = ({ headers }: IncomingMessage): boolean =>
    token !== undefined && !isSameSecret(headers.authorization ?? '', `Bearer ${token}`)
  // A gateway that is gone without a word is noticed by the kernel.
  const keptAlive = { keepAlive: true, keepAliveInitialDelay: keepAliveProbeMs }

  const server = createServer(
    { ...keptAlive, keepAliveTimeout: keepAliveMs, requestTimeout: keepAliveMs },
    (request, response) => {
      const [path, query] = (request.url ?? '').split('?', 2)
      if (isRefused(request)) sendJson(response, 401, unauthorized)
      else if (path === '/stats') sendJson(response, 200, stats(Number(new URLSearchParams(query).get('since')) || 0))
      else if (path === '/health') sendJson(response, 200, health())
      else sendJson(response, 400, unknown(request))
    },
  )
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // What failed is told by `close`.
    socket.on('error', () => {})
    const isForPieces = request.url === '/pieces' && request.headers.upgrade === piecesProtocol
    // Nothing more is read from it, so that its end would not be seen.
    const refuse = (status: number, fault: WorkerFault): void =>
      void socket.end(answerText(status, fault), () => socket.destroy())
    if (isRefused(request)) refuse(401, unauthorized)
    else if (!isForPieces) refuse(400, unknown(request))
    else {
      streams.add(socket)
      socket.once('close', () => streams.delete(socket))
      socket.write(`HTTP/1.1 101 ${STATUS_CODES[101]}\r\nconnection: upgrade\r\nupgrade: ${piecesProtocol}\r\n\r\n`)
      answerPieces(socket, head, { engine, held, stats, tellsRunning: !isSupervised })
    }
  })
  server.maxConnections = maxConnections
  return {
    server,
    announceStop: () => {
      if (!isSupervised) for (const socket of streams) socket.write(encodeFrame(frameKind.draining, 0))
    },
    close: () => closeServer(server, streams, isSupervised),
  }
}

const unauthorized: WorkerFault = { error: { reason: 'unauthorized', message: 'a bearer token is wanted' } }
const unknown = ({ method, url }: IncomingMessage): WorkerFault => ({
  error: { reason: 'bad_request', message: `there is no ${method} ${url}` },
})

const sendJson = (response: ServerResponse, status: number, value: WorkerStats | WorkerHealth | WorkerFault): void => {
  const body = JSON.stringify(value)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, headers).end(body)
}

/** An answer to a request to upgrade, for which there is no response object. */
const answerText = (status: number, fault: WorkerFault): string => {
  const body = JSON.stringify(fault)
  const type = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${type}\r\nconnection: close\r\n\r\n${body}`
}
