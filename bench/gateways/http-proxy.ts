import proxy from '@fastify/http-proxy'
import Fastify from 'fastify'

/** `@fastify/http-proxy` as its page shows it. Tells its parent where it listens. */
const serve = async (upstream: string): Promise<void> => {
  const app = Fastify()
  await app.register(proxy, { upstream })
  process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
}

process.once('SIGTERM', () => process.exit(0))
await serve(process.argv[2] ?? '')
