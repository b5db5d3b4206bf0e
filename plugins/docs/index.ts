import fp from 'fastify-plugin'
import type { Config } from '../../gateway/config/schema.ts'
import { publicApi } from './about.ts'
import { documentRoutes } from './document-routes.ts'

/** Documents the public API, open to everybody. It comes before any plugin that has routes. */
export default fp<Pick<Config, 'auth'>>(async (app, { auth }) => documentRoutes(app, publicApi(auth.keys.length > 0)), {
  name: 'docs',
})
