import Fastify from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    admin: FastifyInstance
  }
}

/** An admin listener without rules, until there is a real one. */
export default fp(
  async (app) => {
    const admin = Fastify()
    app.decorate('admin', admin)
    app.addHook('onReady', async () => {
      await admin.ready()
    })
    app.addHook('onClose', async () => {
      await admin.close()
    })
  },
  { name: 'admin' },
)
