import fp from 'fastify-plugin'
import type { Config } from '../../gateway/config/schema.ts'
import { adminApi, publicApi } from './about.ts'
import { documentRoutes } from './document-routes.ts'

/** Documents both APIs, each on its own listener; the public document needs no key. It comes before plugins with routes. */
export default fp<Pick<Config, 'auth'>>(
  async (app, { auth }) => {
    documentRoutes(app, publicApi(auth.keys.length > 0))
    documentRoutes(app.admin, adminApi)
  },
  { name: 'docs', dependencies: ['admin'] },
)
