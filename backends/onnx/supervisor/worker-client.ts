import { Client } from 'undici'
import { piecesProtocol, type WorkerHealth, type WorkerStats } from '../protocol.ts'
import { type PieceStream, pieceStream } from './piece-stream.ts'
import { maxAnswerBytes, question } from './question.ts'
import { isWorkerHealth, isWorkerStats } from './worker-answers.ts'

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
    stats: (since, signal) => question(watchdog, `/stats?since=${since}`, isWorkerStats, signal),
    health: (signal) => question(probes, '/health', isWorkerHealth, signal),
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
