import Fastify from 'fastify'
import { Pool } from 'undici'

/**
 * The least that a gateway on Fastify can do: the body goes to the engine as it came, the answer back as it comes. Tells its
 * parent where it listens.
 */
const serve = async (upstream: string): Promise<void> => {
  const pool = new Pool(upstream, { connections: 256 })
  const app = Fastify()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.post('/v1/embeddings', async (request, reply) => {
    const answer = await pool.request({
      method: 'POST',
      path: '/v1/embeddings',
      headers: { 'content-type': 'application/json' },
      body: request.body as Buffer,
    })
    void reply.code(answer.statusCode).header('content-type', answer.headers['content-type'])
    const length = answer.headers['content-length']
    if (length !== undefined) void reply.header('content-length', length)
    return reply.send(answer.body)
  })
  process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
}

process.once('SIGTERM', () => process.exit(0))
await serve(process.argv[2] ?? '')
