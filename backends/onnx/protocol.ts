import type { Priority } from '../../gateway/core/call.ts'
import type { BatchingSettings } from '../../gateway/core/policy.ts'
import type { SpaceId } from '../../gateway/core/space.ts'

/**
 * What a gateway and its workers say to each other, over a Unix socket or TCP. Over TCP every HTTP request carries
 * `authorization: Bearer <token>`. Questions are HTTP/1.1:
 *
 *   GET /stats?since=N    WorkerStats: batches finished after number N
 *   GET /health           WorkerHealth
 *   GET /pieces           with `upgrade: embedgate-pieces`: 101, and from then on frames (frames.ts) both ways
 *
 * Everything that is refused as HTTP gets a WorkerFault. Frames to the worker, most about one piece, whose number the
 * gateway chooses and does not use again:
 *
 *   embed     body: EmbedRequest as JSON
 *   raise     raises the class of what waits of the piece to interactive
 *   cancel    nobody waits for the piece any more; it gets no answer
 *   stats     the question of GET /stats, with `since` for a piece number: its answer shows that this very connection lives
 *
 * Frames from it: rows or a fault for each piece that was not cancelled, in any order:
 *
 *   work      body: PieceWork as JSON; before the rows of a piece that asked for it
 *   rows      body: see `encodeRows`
 *   fault     body: `WorkerFault['error']` as JSON
 *   stats     body: WorkerStats as JSON
 *   running   body: [piece, row] pairs as JSON, sent before a batch is given to the device, and replacing the one before: if
 *             the worker is lost, these were running
 *   draining  it stops: what is sent from now on is refused. It ends when the gateway has ended its connection, or 2 s after
 *             its last answer
 *
 * A worker that has a supervisor sends neither of the last two: what runs is told over the process channel, and when to stop
 * is the supervisor's decision.
 *
 * A connection that ends cancels its pieces.
 */
export interface EmbedRequest {
  readonly texts: readonly string[]
  readonly truncate: boolean
  readonly tenant: string
  readonly priority: Priority
  /** What is left of the deadline when it is sent. */
  readonly deadlineMs: number
  /** true: each of its texts runs in a batch of its own, for it may end the worker. */
  readonly alone?: boolean
  /** true: its rows come behind a `work` frame. */
  readonly tellsWork?: boolean
  /** Of the span that the piece belongs to, when that is recorded: its work is told with times. Wants `tellsWork`. */
  readonly traceparent?: string
}

/** What became of a piece. */
export interface PieceWork {
  /** Texts of the largest batch that any of its texts was in. */
  readonly batchTexts: number
  /** Of a piece with a `traceparent`. */
  readonly times?: PieceTimes
}

/** Milliseconds since the piece arrived, on the worker's clock: no two machines' clocks are compared. */
export interface PieceTimes {
  /** Its texts take turns with those of other pieces. */
  readonly readFromMs: number
  readonly readToMs: number
  /** The batches that its texts were in; of more than `tracedBatches` the first. */
  readonly batches: readonly BatchTimes[]
  readonly answeredMs: number
}

/** One batch that texts of a piece were in. */
export interface BatchTimes {
  /** The same for all pieces of the batch, and for no other batch of this worker process. */
  readonly number: number
  /** Of all pieces. */
  readonly texts: number
  readonly paddedTokens: number
  /** When the first of the piece's texts in it began to wait. */
  readonly queuedMs: number
  readonly startedMs: number
  readonly forwardFromMs: number
  readonly forwardToMs: number
  /** `traceparent`s of the traced pieces in it, at most `tracedMembers`. */
  readonly members: readonly string[]
}

/** Batches of one piece that are told with times. */
export const tracedBatches = 16

/** What OpenTelemetry keeps of the links of a span. */
export const tracedMembers = 128

/** The protocol that `GET /pieces` is upgraded to. */
export const piecesProtocol = 'embedgate-pieces'

/** A frame with a longer body ends its connection: a text of 4 MB with every character escaped, or 4 096 rows of 4 096 numbers, fit. */
export const maxFrameBytes = 67_108_864

/** What the other side may leave unread before nothing more is taken on for it. */
export const maxUnreadBytes = 67_108_864

/** A piece that was not answered. */
export interface WorkerFault {
  readonly error: {
    /** `too_long`: a text is over the limit and `truncate` is false; `busy`: queue full; `draining`: it stops; `bad_request`; `inference`: the runtime threw; `rejected`: it throws for a text of the piece, and runs others. */
    readonly reason:
      'too_long' | 'busy' | 'draining' | 'bad_request' | 'unauthorized' | 'inference' | 'rejected' | 'deadline'
    readonly message: string
  }
}

/** One batch that a worker has run. */
export interface BatchRecord {
  /** 1, 2, ... since the worker started. */
  readonly number: number
  readonly rows: number
  /** Of the texts, without padding. */
  readonly tokens: number
  /** rows x longest text: what the device computed. */
  readonly paddedTokens: number
  /** How long each row had waited in the queue. */
  readonly waitMs: readonly number[]
  readonly inferenceMs: number
}

/** Answer to `GET /stats`. */
export interface WorkerStats {
  readonly pid: number
  readonly rssBytes: number
  readonly queuedTexts: number
  readonly queuedTokens: number
  /** Learnt milliseconds of inference per padded token. */
  readonly msPerToken: number
  /** The predicted time of the largest batch; a multiple of it tells frozen from busy. */
  readonly longestBatchMs: number
  /** Batches after `since`, oldest first; the oldest are lost when more than `keptBatches` have passed. */
  readonly batches: readonly BatchRecord[]
}

/** Answer to `GET /health`. */
export interface WorkerHealth {
  readonly state: 'up' | 'draining'
  readonly device: string
  /** The execution provider that runs the graph: cpu, cuda, webgpu. */
  readonly provider: string
  readonly model: string
  /** Of the model files it has loaded. They may have changed on disk since the supervisor read them. */
  readonly space: SpaceId
  readonly loadMs: number
  /** Of this process: another one, started later at the same address, has another. */
  readonly instance: string
}

/** What a supervisor tells a worker over the process channel. */
export interface SupervisorNotice {
  /** Finish what is queued, then end. */
  readonly stop?: true
  /** Put texts together like this from now on. */
  readonly batching?: BatchingSettings
}

/** Rows of one batch, as [piece, row] pairs. */
export type RunningRows = readonly (readonly [number, number])[]

/** Told before a batch is given to the device: if the process dies, or stops answering, this was running. */
export interface RunningBatch {
  readonly running: RunningRows
  /** Rows times the longest: what the device computes. */
  readonly paddedTokens: number
  /** Of all its rows. */
  readonly priority: Priority
  /** How long it should take, by what the worker has learnt of its device. */
  readonly predictedMs: number
}

/** What a worker started by a supervisor tells it over the process channel, besides answering requests. */
export type WorkerNotice =
  /** It listens and has run the graph once. */
  | { readonly ready: WorkerHealth & { readonly msPerToken: number } }
  /**
   * It cannot start, or, `absent` after `ready`, it gives its device up. `absent`: the device is not on this machine (or is
   * software, or too slow for `device: gpu`).
   */
  | { readonly failed: { readonly reason: 'absent' | 'model' | 'error'; readonly message: string } }
  | RunningBatch
