import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import { peerModels, peersFolder } from './installed.ts'

/** The part of transformers.js that is used here. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string }
  pipeline(
    task: 'feature-extraction',
    model: string,
    options: { dtype: 'fp32'; device: 'cpu'; session_options?: { intraOpNumThreads: number } },
  ): Promise<
    (texts: readonly string[], options: { pooling: 'mean'; normalize: true }) => Promise<{ tolist(): number[][] }>
  >
}

interface Body {
  readonly input: string | readonly string[]
}

/**
 * The obvious server around transformers.js: its feature-extraction pipeline behind one Fastify route that speaks OpenAI's
 * API. Tells the process that forked it its URL once it has answered a first text.
 *
 * @param threads of onnxruntime, from the command line; the library's default when undefined
 */
const serve = async (threads: number | undefined): Promise<void> => {
  const path = createRequire(join(peersFolder, 'package.json')).resolve('@huggingface/transformers')
  const transformers = (await import(pathToFileURL(path).href)) as Transformers
  transformers.env.allowRemoteModels = false
  transformers.env.localModelPath = peerModels
  const extract = await transformers.pipeline('feature-extraction', 'all-MiniLM-L6-v2', {
    dtype: 'fp32',
    device: 'cpu',
    ...(threads === undefined ? {} : { session_options: { intraOpNumThreads: threads } }),
  })
  const app = Fastify()
  app.post<{ Body: Body }>('/v1/embeddings', async ({ body }) => {
    const texts = typeof body.input === 'string' ? [body.input] : body.input
    const rows = (await extract(texts, { pooling: 'mean', normalize: true })).tolist()
    return {
      object: 'list',
      model: 'all-MiniLM-L6-v2',
      data: rows.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    }
  })
  await extract(['a first text'], { pooling: 'mean', normalize: true })
  process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
}

process.once('SIGTERM', () => process.exit(0))
const [, , threads] = process.argv
await serve(threads === undefined ? undefined : Number(threads))
