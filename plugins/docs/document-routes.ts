import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { ApiAbout } from './about.ts'
import { documentDescription } from './description.ts'
import { operationOf } from './operation.ts'
import { buildPages, type DocumentedRoute } from './pages.ts'

/**
 * Adds `GET /openapi.json` and, below `/docs`, pages that show it, for all routes that are added to a listener from now on.
 * Routes describe themselves in `config.description`; one that has a schema of Fastify's instead is described by that. Until
 * somebody asks, routes are only remembered.
 */
export const documentRoutes = (listener: FastifyInstance, about: ApiAbout): void => {
  const routes: RouteOptions[] = []
  const schemas = new Map<string, unknown>()
  listener.addHook('onRoute', function (route) {
    routes.push(route)
    for (const [id, schema] of Object.entries(this.getSchemas())) schemas.set(id, schema)
  })

  let building: Promise<FastifyInstance> | undefined
  const pages = (): Promise<FastifyInstance> => {
    building ??= buildPages(about, { routes: documented(routes, about), schemas }).catch((error: unknown) => {
      building = undefined
      throw error
    })
    return building
  }
  listener.addHook('onClose', async () => (await building?.catch(() => undefined))?.close())

  let text: string | undefined
  listener.get('/openapi.json', { config: { description: documentDescription } }, async (_request, reply) => {
    // Written once: anybody may ask, and it is 100 KB.
    text ??= JSON.stringify((await pages()).swagger())
    return reply.type('application/json; charset=utf-8').send(text)
  })
  const show = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    showPage(await pages(), request, reply)
  listener.get('/docs', show)
  listener.get('/docs/*', show)
}

/** Two patterns may be one path of the document, with and without what a wildcard stands for: the first one counts. */
const documented = (routes: readonly RouteOptions[], about: ApiAbout): DocumentedRoute[] => {
  const found = new Map<string, DocumentedRoute>()
  for (const each of routes.flatMap((route) => documentedAs(route, about))) {
    const name = `${each.method} ${each.url}`
    if (!found.has(name)) found.set(name, each)
  }
  return [...found.values()]
}

const documentedAs = ({ method, url, schema, config }: RouteOptions, about: ApiAbout): DocumentedRoute[] => {
  const description = config?.description
  // What a schema checks is true too.
  const told = description ? { ...schema, ...operationOf(description, about) } : schema
  if (!told) return []
  const methods = [method].flat().filter((each) => each !== 'HEAD')
  return methods.map((each) => ({
    method: each,
    url: description?.path ?? url,
    schema: methods.length > 1 && description ? { ...told, operationId: `${description.operationId}${each}` } : told,
  }))
}

/** What is passed on of a page's headers. */
const pageHeaders = ['content-type', 'content-security-policy', 'location', 'etag', 'last-modified', 'cache-control']

const showPage = async (
  pages: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const known = request.headers['if-none-match']
  const headers = known === undefined ? {} : { 'if-none-match': known }
  const page = await pages.inject({ method: 'GET', url: request.raw.url ?? '/docs', headers })
  if (page.statusCode >= 400) throw new GatewayError('EG_ROUTE_UNKNOWN', 'there is nothing at this path')
  for (const name of pageHeaders) {
    const value = page.headers[name]
    if (value !== undefined) reply.header(name, value)
  }
  return reply
    .code(page.statusCode)
    .headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    .send(page.rawPayload)
}
