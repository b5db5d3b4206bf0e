import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { spaceId } from '../../gateway/core/space.ts'
import { loadModelFiles } from '../../backends/onnx/model/model-files.ts'
import type { EmbedRequest, WorkerNotice } from '../../backends/onnx/protocol.ts'
import { encodeRows } from '../../backends/onnx/rows.ts'
import { openOrtSession } from '../../backends/onnx/worker/ort-session.ts'
import { loadTokenizer } from '../../backends/onnx/worker/tokenizer.ts'
import { firstInFirstOut } from './first-in-first-out.ts'

/** What most servers batch by default. */
const batchSize = 8

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

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { texts } = (await json(request)) as EmbedRequest
    const encoded = texts.map((text) => tokenizer.encode(text))
    const rows = await policy.embed(encoded.map(({ ids }) => ids))
    const vectors = new Float32Array(texts.length * session.dims)
    rows.forEach((row, index) => vectors.set(row, index * session.dims))
    const tokens = Uint32Array.from(encoded, ({ ids }) => ids.length)
    const truncated = Uint8Array.from(encoded, ({ truncated: isCut }) => Number(isCut))
    response.end(encodeRows({ vectors, dims: session.dims, tokens, truncated }))
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end())
  })
  server.listen(socketPath, () => {
    const health = {
      state: 'up',
      device: 'cpu',
      provider: 'cpu',
      model: files.space.model,
      space: spaceId(files.space),
    } as const
    const notice: WorkerNotice = { ready: { ...health, loadMs: performance.now() - startMs, msPerToken: 0 } }
    process.send?.(notice)
  })
  // The only message is to stop.
  process.once('message', () => {
    server.close()
    process.disconnect()
  })
}

const { values } = parseArgs({
  options: { model: { type: 'string' }, device: { type: 'string' }, listen: { type: 'string' } },
})
await serve(values.model ?? '', (values.listen ?? '').replace(/^unix:/, ''))
