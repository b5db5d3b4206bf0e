import type { PieceAnswer } from '../../../../../backends/onnx/supervisor/piece-answer.ts'
import type { WorkerClient } from '../../../../../backends/onnx/supervisor/worker-client.ts'
import type { Worker, WorkerEnd } from '../../../../../backends/onnx/supervisor/worker.ts'
import type { EmbedRequest, WorkerStats } from '../../../../../backends/onnx/protocol.ts'
import type { Rows } from '../../../../../backends/onnx/rows.ts'
import { type AbortableCall, type Priority, openCall } from '../../../../../gateway/core/call.ts'
import { deadlineIn } from '../../../../../gateway/core/deadline.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { BackendError } from '../../../../../gateway/core/errors.ts'

/** The row that scripted workers give for a text: its UTF-8 length and first byte. */
export const rowOf = (text: string): [number, number] => [Buffer.byteLength(text), Buffer.from(text)[0] ?? 0]

/** Rows for texts, as a worker answers them. */
export const rowsOf = (texts: readonly string[]): Rows => ({
  dims: 2,
  vectors: Float32Array.from(texts.flatMap(rowOf)),
  tokens: Uint32Array.from(texts, (text) => text.length + 2),
  truncated: new Uint8Array(texts.length),
})

/** A worker in the test's process. Pieces wait in `sent` until the test answers them or ends the worker. */
export interface ScriptedWorker extends Worker {
  readonly sent: Sent[]
  /** Numbers of pieces. */
  readonly raised: number[]
  /** What was asked of the process: `retire`, `lost`, a reason to kill it, `stop`. */
  readonly orders: string[]
  /** Ends it; pieces that wait meet a failed connection. */
  end(reason?: WorkerEnd['reason'], running?: readonly (readonly [number, number])[]): void
}

/** One piece at a scripted worker. */
export interface Sent {
  readonly piece: number
  readonly request: EmbedRequest
  answer(answer?: PieceAnswer): void
  readonly fail: (error: Error) => void
}

/** A scripted worker that is ready. */
export const scriptedWorker = (stats: WorkerClient['stats'] = () => new Promise(() => {})): ScriptedWorker => {
  let isUsable = true
  let finish: (end: WorkerEnd) => void
  const ended = new Promise<WorkerEnd>((resolve) => {
    finish = resolve
  })
  const sent: Sent[] = []
  const raised: number[] = []
  const orders: string[] = []
  const order = (name: string) => (): void => {
    orders.push(name)
    isUsable = false
  }
  const client: WorkerClient = {
    embed: (number, request, until) =>
      new Promise((resolve, reject) => {
        if (until.endedBy) return reject(until.endedBy)
        const piece: Sent = {
          piece: number,
          request,
          answer: (answer = { rows: rowsOf(request.texts) }) => leave(() => resolve(answer)),
          fail: (error) => leave(() => reject(error)),
        }
        const leave = (settle: () => void): void => {
          if (sent.includes(piece)) sent.splice(sent.indexOf(piece), 1)
          settle()
        }
        sent.push(piece)
        until.onEnd(piece.fail)
      }),
    raise: (piece) => void raised.push(piece),
    stats,
    health: async () => ({
      state: 'up',
      device: 'cpu',
      provider: 'cpu',
      model: 'm',
      space: 's',
      instance: 'i',
      loadMs: 1,
    }),
    finish: () => {},
    close: async () => {},
  }
  return {
    pid: 1,
    about: {
      state: 'up',
      device: 'cpu',
      provider: 'cpu',
      model: 'm',
      space: 's',
      instance: 'i',
      loadMs: 1,
      msPerToken: 1,
    },
    client,
    running: () => ({ running: [], paddedTokens: 0, priority: 'interactive', predictedMs: 0 }),
    runningBulkTokens: () => 0,
    outstanding: { pieces: 0, tokens: 0 },
    usable: () => isUsable,
    retire: order('retire'),
    lost: order('lost'),
    condemn: (reason) => order(reason)(),
    stop: order('stop'),
    noteInference: (ok) => void orders.push(ok ? 'rows' : 'inference fault'),
    ended,
    sent,
    raised,
    orders,
    end(reason = 'crash', running = []) {
      isUsable = false
      const rows = new Map<number, Set<number>>()
      for (const [piece, row] of running) rows.set(piece, (rows.get(piece) ?? new Set()).add(row))
      for (const piece of sent.slice()) piece.fail(new BackendError('connection', 'reset'))
      finish({ reason, how: 'exit code 0', running: rows })
    },
  }
}

const clock = fakeClock()

/** A call of ten seconds on a clock that stands still. */
export const callOf = (priority: Priority = 'interactive'): AbortableCall =>
  openCall(clock, { requestId: 'r', tenant: 't', cache: 'default' }, priority, deadlineIn(clock, 10_000))

/** Lets promise reactions of promise reactions run. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Numbers of a worker that has run `batches`. */
export const statsOf = (batches: WorkerStats['batches'], longestBatchMs = 10): WorkerStats => ({
  pid: 1,
  rssBytes: 1_000,
  queuedTexts: 0,
  queuedTokens: 7,
  msPerToken: 1,
  longestBatchMs,
  batches,
})
