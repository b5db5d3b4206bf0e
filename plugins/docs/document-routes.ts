import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { ApiAbout } from './about.ts'
import { documentDescription } from './description.ts'
import { keptPages, type KeptPage } from './kept-pages.ts'
import { operationOf } from './operation.ts'
import { buildPages, styleSheetPath, type DocumentedRoute } from './pages.ts'

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
  const pageAt = keptPages(pages)
  const show = async (path: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    sendPage(await pageAt(path), request, reply)
  // Only what is in `/docs/json` and `yaml` is of this gateway; the rest is the same everywhere.
  const config = { saysNothing: true }
  listener.get('/docs', { config }, (request, reply) =>
    // Links are relative on the one, and not on the other.
    show(/^\/docs\/(?:\?|$)/.test(request.raw.url ?? '') ? '/docs/' : '/docs', request, reply),
  )
  listener.get<{ Params: { readonly file: string } }>('/docs/static/:file', { config }, (request, reply) =>
    // No file has another name, and one file by many names would be kept many times.
    show(`/docs/static/${/^\w[\w.-]*$/.exec(request.params.file)?.[0] ?? 'none'}`, request, reply),
  )
  listener.get(styleSheetPath, { config }, (request, reply) => show(styleSheetPath, request, reply))
  for (const path of ['/docs/json', '/docs/yaml']) listener.get(path, (request, reply) => show(path, request, reply))
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

const sendPage = (
  { status, headers, body, etag }: KeptPage,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply => {
  void reply.headers({ ...headers, etag, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()
  return reply.code(status).send(body)
}
