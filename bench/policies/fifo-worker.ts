import { parseArgs } from 'node:util'
import { spaceId } from '../../gateway/core/space.ts'
import { loadModelFiles } from '../../backends/onnx/model/model-files.ts'
import type { WorkerHealth, WorkerStats } from '../../backends/onnx/protocol.ts'
import type { Rows } from '../../backends/onnx/rows.ts'
import type { Engine } from '../../backends/onnx/worker/engine.ts'
import { notifySupervisor } from '../../backends/onnx/worker/notice.ts'
import { createWorkerServer } from '../../backends/onnx/worker/server.ts'
import { listen } from '../../backends/onnx/worker/server/listen.ts'
import { openOrtSession } from '../../backends/onnx/worker/ort-session.ts'
import { loadTokenizer } from '../../backends/onnx/worker/tokenizer.ts'
import { firstInFirstOut } from './first-in-first-out.ts'

/** What most servers batch by default. */
const batchSize = 8

/** Whoever started it is gone. */
const orphaned = (): void => process.exit()

/** Nobody counts its batches. */
const stats = (): WorkerStats => ({
  pid: process.pid,
  rssBytes: process.memoryUsage.rss(),
  queuedTexts: 0,
  queuedTokens: 0,
  msPerToken: 0,
  longestBatchMs: 0,
  batches: [],
})

/**
 * A worker with the usual batching policy: the product's model files, tokenizer, session and protocol, and nothing of its
 * queue. Takes the same command line as the product's worker.
 */
const serve = async (folder: string, socketPath: string): Promise<void> => {
  const startMs = performance.now()
  const files = loadModelFiles(folder)
  const tokenizer = loadTokenizer(files.tokenizer, files.space.maxTokens)
  const session = await openOrtSession(files, tokenizer.padId, 'cpu')
  const policy = firstInFirstOut(session, batchSize)
  await session.run([tokenizer.encode('a first text').ids])

  const embed = async (texts: readonly string[]): Promise<Rows> => {
    const encoded = texts.map((text) => tokenizer.encode(text))
    const rows = await policy.embed(encoded.map(({ ids }) => ids))
    const vectors = new Float32Array(texts.length * session.dims)
    rows.forEach((row, index) => vectors.set(row, index * session.dims))
    const tokens = Uint32Array.from(encoded, ({ ids }) => ids.length)
    const truncated = Uint8Array.from(encoded, ({ truncated: isCut }) => Number(isCut))
    return { vectors, dims: session.dims, tokens, truncated }
  }
  const engine: Engine = {
    submit: (_piece, { texts }) => ({
      rows: embed(texts),
      work: () => ({ batchTexts: texts.length }),
      cancel: () => {},
      raise: () => {},
    }),
    drain: async () => {},
    level: () => ({ texts: 0, tokens: 0 }),
  }
  const loadMs = performance.now() - startMs
  const health = (): WorkerHealth => ({
    state: 'up',
    device: 'cpu',
    provider: 'cpu',
    model: files.space.model,
    space: spaceId(files.space),
    instance: String(process.pid),
    loadMs,
  })
  const { server, close } = createWorkerServer({
    engine,
    dims: session.dims,
    health,
    stats,
    token: undefined,
    isSupervised: true,
  })
  await listen(server, { path: socketPath })
  notifySupervisor({ ready: { ...health(), msPerToken: 0 } })
  process.once('disconnect', orphaned)
  // The only message is to stop.
  process.once('message', () => {
    process.off('disconnect', orphaned)
    void close()
    process.disconnect()
  })
}

const { values } = parseArgs({
  options: { model: { type: 'string' }, device: { type: 'string' }, listen: { type: 'string' } },
})
await serve(values.model ?? '', (values.listen ?? '').replace(/^unix:/, ''))
