import { basename } from 'node:path'
import Fastify, { type FastifyInstance, type FastifySchema, type HTTPMethods } from 'fastify'
import { packageVersion } from '../../gateway/core/version.ts'
import type { ApiAbout } from './about.ts'
import { errorSchema } from './operation.ts'

/** A route to be in the document. */
export interface DocumentedRoute {
  readonly method: HTTPMethods
  readonly url: string
  readonly schema: FastifySchema
}

/** What a listener has. */
export interface DocumentedApi {
  readonly routes: readonly DocumentedRoute[]
  /** What schemas refer to, by its `$id`. */
  readonly schemas: ReadonlyMap<string, unknown>
}

/** The style sheet of ours among its files: the library names its folder. */
export const styleSheetPath = '/docs/static/theme/embedgate.css'

/** The one style that this version of the page puts into itself; test/browser tells when it is another. */
const ownStyle = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

/** Nothing leaves the page's own origin, and nothing is run that is not a file of ours. */
const contentSecurityPolicy =
  `default-src 'none'; script-src 'self'; style-src 'self' ${ownStyle}; img-src 'self' data:; connect-src 'self'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * An app that is never listened on: it has the document (`swagger()`) and, below `/docs`, the pages that show it. It loads the
 * libraries for both, which takes a while, so only when somebody asks.
 */
export const buildPages = async (about: ApiAbout, { routes, schemas }: DocumentedApi): Promise<FastifyInstance> => {
  const { default: swagger } = await import('@fastify/swagger')
  const { default: swaggerUi } = await import('@fastify/swagger-ui')
  const pages = Fastify({ exposeHeadRoutes: false })
  // The routes are here to be described, never called.
  pages.setValidatorCompiler(() => () => true)
  pages.setSerializerCompiler(() => JSON.stringify)
  await pages.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: about.title, description: about.description, version: packageVersion },
      servers: [{ url: '/' }],
      tags: [...about.tags],
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: about.needsKey ? [{ key: [] }] : [{}, { key: [] }],
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) => (typeof $id === 'string' ? $id : `schema-${index}`),
    },
  })
  for (const schema of [errorSchema, ...schemas.values()]) pages.addSchema(schema)
  for (const { method, url, schema } of routes) pages.route({ method, url, schema, handler: () => undefined })
  await pages.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    uiConfig: { deepLinking: true, validatorUrl: null, displayRequestDuration: true, tryItOutEnabled: true },
    // The bar on top has the logo of a library, and a field for the documents of others.
    theme: {
      title: `${about.title} API`,
      css: [{ filename: basename(styleSheetPath), content: '.swagger-ui .topbar { display: none }' }],
    },
  })
  await pages.ready()
  return pages
}
