import { Client, type Dispatcher, Pool } from 'undici'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { EmbedRequest, RaiseRequest, WorkerFault, WorkerHealth, WorkerStats } from '../protocol.ts'
import { decodeRows } from '../rows.ts'
import { isWorkerFault, isWorkerHealth, isWorkerStats } from './worker-answers.ts'

/** What travels beside a piece, in headers. */
export interface PieceHeaders {
  readonly remainingMs: number
  readonly requestId: string
  readonly traceparent?: string | undefined
}

/** The rows of a piece, in its order. */
export type AnsweredRows = ReturnType<typeof decodeRows>

/** The rows of a piece, or why the worker did not compute them. */
export type PieceAnswer = { readonly rows: AnsweredRows } | { readonly fault: WorkerFault['error'] }

/**
 * Speaks to one worker. Each method rejects with the reason of its signal, with a `connection` fault when the socket fails,
 * or with a `protocol` fault when the answer is not what the protocol says.
 */
export interface WorkerClient {
  embed(request: EmbedRequest, headers: PieceHeaders, signal: AbortSignal): Promise<PieceAnswer>
  /** Sends nothing when too many raises are still unanswered: a raise is only an improvement. */
  raise(request: RaiseRequest, signal: AbortSignal): Promise<void>
  stats(since: number, signal: AbortSignal): Promise<WorkerStats>
  health(signal: AbortSignal): Promise<WorkerHealth>
  /** Closes each connection when its answer has arrived; sends nothing more. */
  finish(): void
  /** Drops all connections. */
  close(): Promise<void>
}

/**
 * Pieces at a worker at once; more wait here. Below Node's listen backlog of 511: connecting to a worker that is busy
 * with a batch would otherwise fail with EAGAIN.
 */
const maxConnections = 480
/** A worker that computes answers one raise a batch: what waits behind more than these comes too late to matter. */
const maxOutstandingRaises = 8
/** Above the largest honest answer (2 048 rows of 4 096 numbers are 32 MiB), so that a broken worker fills no memory. */
const maxAnswerBytes = 67_108_864
/** Idle connections are closed by this side long before the worker does, so that none is reset while it is reused. */
const keepAliveMs = 2_000

/**
 * A client of the worker that listens on `socketPath`. Time limits are the callers' signals only.
 *
 * @param dims width of the rows that the model makes
 */
export const workerClient = (socketPath: string, dims: number): WorkerClient => {
  const common = {
    socketPath,
    bodyTimeout: 0,
    headersTimeout: 0,
    pipelining: 1,
    maxResponseSize: maxAnswerBytes,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
  }
  const pieces = new Pool('http://worker', { ...common, connections: maxConnections })
  // A worker that computes answers one question of a connection a batch. The watchdog's must never wait behind its work,
  // nor behind other questions: each kind has a connection of its own.
  const watchdog = new Client('http://worker', common)
  const probes = new Client('http://worker', common)
  const raises = new Client('http://worker', common)
  const connections = [pieces, watchdog, probes, raises]
  let outstandingRaises = 0

  return {
    async embed(request, headers, signal) {
      const { status, bytes } = await exchange(pieces, {
        path: '/embed',
        method: 'POST',
        headers: headersOf(headers),
        body: JSON.stringify(request),
        signal,
      })
      if (status === 200) return { rows: rowsOf(bytes, request.texts.length, dims) }
      const fault = parse(bytes)
      if (!isWorkerFault(fault)) throw notTheProtocol('/embed', status)
      return { fault: fault.error }
    },
    async raise(request, signal) {
      if (outstandingRaises >= maxOutstandingRaises) return
      outstandingRaises += 1
      try {
        const body = JSON.stringify(request)
        await exchange(raises, { path: '/raise', method: 'POST', headers: json, body, signal })
      } finally {
        outstandingRaises -= 1
      }
    },
    stats: (since, signal) => ask(watchdog, `/stats?since=${since}`, isWorkerStats, signal),
    health: (signal) => ask(probes, '/health', isWorkerHealth, signal),
    finish() {
      // Rejects when `close` comes first.
      Promise.all(connections.map((each) => each.close())).catch(() => {})
    },
    async close() {
      await Promise.all(connections.map((each) => each.destroy()))
    },
  }
}

const json = { 'content-type': 'application/json' } as const

const headersOf = ({ remainingMs, requestId, traceparent }: PieceHeaders): Record<string, string> => ({
  ...json,
  'x-embedgate-deadline-ms': String(Math.ceil(remainingMs)),
  'x-request-id': requestId,
  ...(traceparent === undefined ? {} : { traceparent }),
})

/** Codes of a failed connect that say nothing about the worker: out of descriptors, or its backlog is full. */
const ownLimits: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN'])

const exchange = async (
  to: Pool | Client,
  request: Dispatcher.RequestOptions & { signal: AbortSignal },
): Promise<{ status: number; bytes: Uint8Array }> => {
  try {
    const { statusCode, body } = await to.request(request)
    return { status: statusCode, bytes: await body.bytes() }
  } catch (cause) {
    request.signal.throwIfAborted()
    if (ownLimits.has((cause as NodeJS.ErrnoException).code ?? '')) {
      throw new BackendError('busy', 'no further connection to the worker can be opened', { cause })
    }
    throw new BackendError('connection', `the connection to the worker failed: ${(cause as Error).message}`, { cause })
  }
}

const ask = async <Answer>(
  to: Client,
  path: string,
  isAnswer: (value: unknown) => value is Answer,
  signal: AbortSignal,
): Promise<Answer> => {
  const { status, bytes } = await exchange(to, { path, method: 'GET', signal })
  const answer = parse(bytes)
  if (status !== 200 || !isAnswer(answer)) throw notTheProtocol(path, status)
  return answer
}

const rowsOf = (bytes: Uint8Array, rows: number, dims: number): AnsweredRows => {
  try {
    const decoded = decodeRows(bytes)
    if (decoded.dims === dims && decoded.tokens.length === rows && decoded.vectors.length === rows * dims)
      return decoded
  } catch (cause) {
    throw new BackendError('protocol', 'the worker sent bytes that are not rows', { cause })
  }
  throw new BackendError('protocol', 'the worker sent a wrong number of rows or columns')
}

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
}

const notTheProtocol = (path: string, status: number): BackendError =>
  new BackendError('protocol', `the worker answered ${path} with status ${status} and an unknown body`)
