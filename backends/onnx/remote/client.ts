import { Client } from 'undici'
import { BackendError } from '../../../gateway/core/errors.ts'
import { untilAborted } from '../../../gateway/core/until-aborted.ts'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { type Frame, frameKind } from '../frames.ts'
import { piecesProtocol, type WorkerHealth, type WorkerStats } from '../protocol.ts'
import { byPiece } from '../supervisor/by-piece.ts'
import { type PieceStream, pieceStream } from '../supervisor/piece-stream.ts'
import { maxAnswerBytes, question } from '../supervisor/question.ts'
import { areRunningRows, isWorkerHealth, isWorkerStats, parsed } from '../supervisor/worker-answers.ts'

/** Speaks to one worker over TCP. */
export interface RemoteClient extends Pick<PieceStream, 'embed' | 'raise' | 'finish'> {
  /**
   * Asks on the connection for pieces, so that an answer shows that this one lives: of two connections to one machine, a
   * network may lose either. One question at a time.
   *
   * @throws the signal's reason, or what ended the connection
   */
  stats(since: number, signal: AbortSignal): Promise<WorkerStats>
  /** Asks on a connection of its own. Throws as `question`. */
  health(signal: AbortSignal): Promise<WorkerHealth>
  /** Of the batch that ran last, as far as the worker has told: rows by piece. */
  running(): ReadonlyMap<number, ReadonlySet<number>>
  /** Whether it has said that it stops. */
  isStopping(): boolean
  /** Bytes that have come on the connection for pieces. */
  receivedBytes(): number
  /** Ends all connections; what is out fails with `reason`. */
  drop(reason: BackendError): void
  /** Resolves with what ended the connection for pieces, before anything that is out fails. */
  readonly lost: Promise<BackendError>
}

/** How to reach a worker. */
export interface RemoteDoor {
  /** `http://address:port`; an address, so that all connections reach the same machine. */
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
}

/** A machine that is there accepts within a round trip; the second try of its kernel comes after 1 s. */
const connectMs = 2_000
/** Shorter than a worker keeps an idle connection, so that none is reset while it is reused. */
const keepAliveMs = 2_000

/**
 * A client of a worker on another machine. Its connection for pieces is made for the first frame, and never again.
 *
 * @param dims width of the rows that the model makes
 */
export const remoteClient = ({ origin, headers }: RemoteDoor, dims: number): RemoteClient => {
  const open = (): Client =>
    new Client(origin, {
      connectTimeout: connectMs,
      bodyTimeout: 0,
      headersTimeout: 0,
      maxResponseSize: maxAnswerBytes,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    })
  const [doorway, probes] = [open(), open()]
  const { promise: lost, resolve: lose } = withResolvers<BackendError>()
  let failure: BackendError | undefined
  let running: ReadonlyMap<number, ReadonlySet<number>> = new Map()
  let receivedBytes = 0
  let isStopping = false
  let asked: { answer: (stats: WorkerStats) => void; fail: (error: Error) => void } | undefined

  const onOther = ({ kind, body }: Frame): BackendError | undefined => {
    if (kind === frameKind.draining) {
      isStopping = true
      // What is on its way there is refused; the worker ends when all is answered.
      stream.finish()
      return undefined
    }
    const value = parsed(body.toString())
    if (kind === frameKind.running && areRunningRows(value)) running = byPiece(value)
    else if (kind === frameKind.stats && isWorkerStats(value)) asked?.answer(value)
    else return new BackendError('protocol', 'the worker sent a frame that is not what the protocol says')
    return undefined
  }
  const onFailed = (error: BackendError): void => {
    failure = error
    lose(error)
    asked?.fail(error)
  }
  const connect = async () => {
    const { socket } = await doorway.upgrade({ path: '/pieces', protocol: piecesProtocol, headers })
    return socket
  }
  const stream = pieceStream(connect, dims, { onOther, onFailed, onBytes: (count) => (receivedBytes += count) })

  return {
    embed: stream.embed,
    raise: stream.raise,
    finish: stream.finish,
    async stats(since, signal) {
      if (failure) throw failure
      signal.throwIfAborted()
      const { promise, resolve, reject } = withResolvers<WorkerStats>()
      asked = { answer: resolve, fail: reject }
      stream.ask(frameKind.stats, since)
      return untilAborted(signal, promise)
    },
    health: (signal) => question(probes, '/health', isWorkerHealth, signal, headers),
    running: () => running,
    isStopping: () => isStopping,
    receivedBytes: () => receivedBytes,
    drop(reason) {
      stream.close(reason)
      // It ends whatever still goes on; there is nothing to be done where it cannot.
      for (const client of [doorway, probes]) client.destroy().catch(() => {})
    },
    lost,
  }
}
