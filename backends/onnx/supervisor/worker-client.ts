import { Client } from 'undici'
import { BackendError } from '../../../gateway/core/errors.ts'
import { piecesProtocol, type WorkerHealth, type WorkerStats } from '../protocol.ts'
import { type PieceStream, pieceStream } from './piece-stream.ts'
import { isWorkerHealth, isWorkerStats, parsed } from './worker-answers.ts'

/**
 * Speaks to one worker. Questions reject with the reason of their signal, with a `connection` fault when the socket fails,
 * or with a `protocol` fault when the answer is not what the protocol says.
 */
export interface WorkerClient extends Pick<PieceStream, 'embed' | 'raise'> {
  stats(since: number, signal: AbortSignal): Promise<WorkerStats>
  health(signal: AbortSignal): Promise<WorkerHealth>
  /** Closes each connection when its last answer has arrived; sends nothing more. */
  finish(): void
  /** Drops all connections. */
  close(): Promise<void>
}

/** Above the largest honest answer to a question, so that a broken worker fills no memory. */
const maxAnswerBytes = 4_194_304
/** Idle connections are closed by this side long before the worker does, so that none is reset while it is reused. */
const keepAliveMs = 2_000

/**
 * A client of the worker that listens on `socketPath`. Time limits are the callers' only.
 *
 * @param dims width of the rows that the model makes
 */
export const workerClient = (socketPath: string, dims: number): WorkerClient => {
  const open = (): Client =>
    new Client('http://worker', {
      socketPath,
      bodyTimeout: 0,
      headersTimeout: 0,
      maxResponseSize: maxAnswerBytes,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    })
  // A worker that computes answers one question of a connection a batch. The watchdog's must never wait behind its work,
  // nor behind other questions: each kind has a connection of its own.
  const watchdog = open()
  const probes = open()
  const doorway = open()
  const clients = [watchdog, probes, doorway]
  const pieces = pieceStream(async () => {
    const { socket } = await doorway.upgrade({ path: '/pieces', protocol: piecesProtocol })
    return socket
  }, dims)

  return {
    embed: pieces.embed,
    raise: pieces.raise,
    stats: (since, signal) => ask(watchdog, `/stats?since=${since}`, isWorkerStats, signal),
    health: (signal) => ask(probes, '/health', isWorkerHealth, signal),
    finish() {
      pieces.finish()
      // Rejects when `close` comes first.
      Promise.all(clients.map((each) => each.close())).catch(() => {})
    },
    async close() {
      pieces.close()
      await Promise.all(clients.map((each) => each.destroy()))
    },
  }
}

/** Codes of a failed connect that say nothing about the worker: out of descriptors, or its backlog is full. */
const ownLimits: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN'])

const ask = async <Answer>(
  client: Client,
  path: string,
  isAnswer: (value: unknown) => value is Answer,
  signal: AbortSignal,
): Promise<Answer> => {
  const { status, text } = await exchange(client, path, signal)
  const answer = parsed(text)
  if (status === 200 && isAnswer(answer)) return answer
  throw new BackendError('protocol', `the worker answered ${path} with status ${status} and an unknown body`)
}

const exchange = async (
  client: Client,
  path: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> => {
  try {
    const { statusCode, body } = await client.request({ path, method: 'GET', signal })
    return { status: statusCode, text: await body.text() }
  } catch (cause) {
    signal.throwIfAborted()
    if (ownLimits.has((cause as NodeJS.ErrnoException).code ?? '')) {
      throw new BackendError('busy', 'no further connection to the worker can be opened', { cause })
    }
    throw new BackendError('connection', `the connection to the worker failed: ${(cause as Error).message}`, { cause })
  }
}
