import type { AnsweredRows, PieceAnswer, WorkerClient } from '../../../../../backends/onnx/supervisor/worker-client.ts'
import type { Worker, WorkerEnd } from '../../../../../backends/onnx/supervisor/worker.ts'
import type { EmbedRequest, RaiseRequest, WorkerStats } from '../../../../../backends/onnx/protocol.ts'
import { BackendError } from '../../../../../gateway/core/errors.ts'

/** The row that scripted workers give for a text: its UTF-8 length and first byte. */
export const rowOf = (text: string): [number, number] => [Buffer.byteLength(text), Buffer.from(text)[0] ?? 0]

/** Rows for texts, as a worker answers them. */
export const rowsOf = (texts: readonly string[]): AnsweredRows => ({
  dims: 2,
  vectors: Float32Array.from(texts.flatMap(rowOf)),
  tokens: Uint32Array.from(texts, (text) => text.length + 2),
  truncated: new Uint8Array(texts.length),
})

/** A worker in the test's process. Pieces wait in `sent` until the test answers them or ends the worker. */
export interface ScriptedWorker extends Worker {
  readonly sent: Sent[]
  readonly raised: RaiseRequest[]
  /** What was asked of the process: `retire`, `lost`, a reason to kill it, `stop`. */
  readonly orders: string[]
  /** Ends it; pieces that wait meet a failed connection. */
  end(reason?: WorkerEnd['reason'], running?: readonly (readonly [string, number])[]): void
}

/** One piece at a scripted worker. */
export interface Sent {
  readonly request: EmbedRequest
  readonly signal: AbortSignal
  answer(answer?: PieceAnswer): void
  fail(error: Error): void
}

/** A scripted worker that is ready. */
export const scriptedWorker = (stats: WorkerClient['stats'] = () => new Promise(() => {})): ScriptedWorker => {
  let isUsable = true
  let finish: (end: WorkerEnd) => void
  const ended = new Promise<WorkerEnd>((resolve) => {
    finish = resolve
  })
  const sent: Sent[] = []
  const raised: RaiseRequest[] = []
  const orders: string[] = []
  const order = (name: string) => (): void => {
    orders.push(name)
    isUsable = false
  }
  const client: WorkerClient = {
    embed: (request, _headers, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        const piece: Sent = {
          request,
          signal,
          answer: (answer = { rows: rowsOf(request.texts) }) => leave(() => resolve(answer)),
          fail: (error) => leave(() => reject(error)),
        }
        const leave = (settle: () => void): void => {
          if (sent.includes(piece)) sent.splice(sent.indexOf(piece), 1)
          settle()
        }
        signal.addEventListener('abort', () => piece.fail(signal.reason as Error), { once: true })
        sent.push(piece)
      }),
    raise: async (request) => void raised.push(request),
    stats,
    health: async () => ({ state: 'up', device: 'cpu', provider: 'cpu', model: 'm', space: 's', loadMs: 1 }),
    finish: () => {},
    close: async () => {},
  }
  return {
    pid: 1,
    about: { state: 'up', device: 'cpu', provider: 'cpu', model: 'm', space: 's', loadMs: 1, msPerToken: 1 },
    client,
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
      const rows = new Map<string, Set<number>>()
      for (const [piece, row] of running) rows.set(piece, (rows.get(piece) ?? new Set()).add(row))
      for (const piece of sent.slice()) piece.fail(new BackendError('connection', 'reset'))
      finish({ reason, how: 'exit code 0', running: rows })
    },
  }
}

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
