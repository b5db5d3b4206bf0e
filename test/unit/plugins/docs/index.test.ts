import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Type } from 'typebox'
import { afterEach, describe, expect, it } from 'vitest'
import { errorTable, type ErrorCode } from '../../../../gateway/core/errors.ts'
import { noMeter } from '../../../../gateway/core/meter.ts'
import type { RouteDescription } from '../../../../gateway/core/route-description.ts'
import requests from '../../../../gateway/http/requests.ts'
import errors from '../../../../gateway/http/errors.ts'
import docs from '../../../../plugins/docs/index.ts'

const apps: FastifyInstance[] = []
afterEach(async () => void (await Promise.all(apps.splice(0).map((app) => app.close()))))

const hello: RouteDescription = {
  operationId: 'hello',
  tag: 'models',
  summary: 'Says hello',
  answers: { 200: { description: 'Hello.', schema: Type.Object({ hello: Type.String() }) } },
  errors: { EG_MODEL_UNKNOWN: null },
}

const build = async (needsKey = false, description: RouteDescription = hello): Promise<FastifyInstance> => {
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true } })
  apps.push(app)
  app.decorate('meter', noMeter)
  await app.register(errors)
  await app.register(requests)
  const key = { name: 'a', sha256: 'x', tenant: 'a', priority: 'interactive' as const }
  await app.register(fp(async (instance) => void instance.decorate('admin', Fastify()), { name: 'admin' }))
  await app.register(docs, { auth: { keys: needsKey ? [key] : [] } })
  app.get('/hello', { config: { description } }, () => ({ hello: 'you' }))
  app.get('/undescribed', () => ({}))
  return app
}

interface Document {
  readonly openapi: string
  readonly security: unknown
  readonly components: { readonly schemas: object }
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationOf>>>>
}
interface OperationOf {
  readonly security?: unknown
  readonly responses: Readonly<Record<string, { readonly description: string; readonly headers: object }>>
}
const documentOf = async (app: FastifyInstance): Promise<Document> =>
  (await app.inject('/openapi.json')).json<Document>()

describe('GET /openapi.json', () => {
  it('has the routes that say what they are, and no others', async () => {
    const { openapi, paths } = await documentOf(await build())
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths).sort()).toEqual(['/hello', '/openapi.json'])
    expect(Object.keys(paths['/hello'] ?? {})).toEqual(['get'])
  })

  it('lists the errors of a route and those of any route, each at its status', async () => {
    const { responses } = (await documentOf(await build())).paths['/hello']?.get ?? { responses: {} }
    const said = Object.entries(responses).flatMap(([status, { description }]) =>
      [...description.matchAll(/EG_\w+/g)].map(([code]) => [code, Number(status)] as const),
    )
    expect(said.length).toBeGreaterThan(8)
    expect(said).toContainEqual(['EG_MODEL_UNKNOWN', 404])
    for (const [code, status] of said) expect([code, errorTable[code as ErrorCode].status]).toEqual([code, status])
  })

  it('puts the request id on every answer', async () => {
    const { responses } = (await documentOf(await build())).paths['/hello']?.get ?? { responses: {} }
    for (const { headers } of Object.values(responses)) expect(headers).toHaveProperty('x-request-id')
  })

  it.each([
    [true, [{ key: [] }]],
    [false, [{}, { key: [] }]],
  ])('says whether a key is needed: %s', async (needsKey, security) => {
    expect((await documentOf(await build(needsKey))).security).toEqual(security)
  })

  it('wants no key for a route that is open, and says nothing of keys there', async () => {
    const { security, responses } = (await documentOf(await build(true, { ...hello, key: 'never' }))).paths['/hello']
      ?.get ?? { responses: {} }
    expect(security).toEqual([])
    expect(Object.keys(responses)).not.toContain('401')
  })

  it('allows what a route says of itself at the status of an error too', async () => {
    const schema = Type.Object({ status: Type.String() })
    const answers = { ...hello.answers, 503: { description: 'Not ready.', schema } }
    const { responses } = (await documentOf(await build(false, { ...hello, answers }))).paths['/hello']?.get ?? {
      responses: {},
    }
    expect(responses['503']?.description).toMatch(/^Not ready\.\n\n`EG_SHUTTING_DOWN`/)
    expect(JSON.stringify(responses['503'])).toContain('anyOf')
  })

  it('has routes that are described by a schema of Fastify, with what it refers to', async () => {
    const app = await build()
    await app.register(async (scope) => {
      scope.addSchema({ $id: 'Thing', type: 'object', properties: { size: { type: 'number' } } })
      scope.get('/thing', { schema: { response: { 200: { $ref: 'Thing#' } } } }, () => ({ size: 1 }))
    })
    const { paths, components } = await documentOf(app)
    expect(JSON.stringify(paths['/thing'])).toContain('"$ref":"#/components/schemas/Thing"')
    expect(Object.keys(components.schemas).sort()).toEqual(['Error', 'Thing'])
  })

  it('is the same every time', async () => {
    const app = await build()
    expect(await documentOf(app)).toEqual(await documentOf(app))
  })
})

describe('/docs', () => {
  it('is a page that loads nothing from elsewhere', async () => {
    const app = await build()
    const page = await app.inject('/docs')
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source ?? '')
    expect(sources.length).toBeGreaterThan(3)
    expect(sources.filter((source) => /^(?:https?:)?\/\//.test(source))).toEqual([])
    for (const source of sources) {
      const { pathname } = new URL(source, 'http://x/docs')
      expect([source, (await app.inject(pathname)).statusCode]).toEqual([source, 200])
    }
  })

  it.each([
    '/docs/static/none.js',
    '/docs/static/x%2f..%2fswagger-ui.css',
    '/docs/static/%2e%2fswagger-ui.css',
    '/docs/none',
    '/docs/package.json',
    '/docs/..%2fpackage.json',
  ])('has nothing at %s, and says so as everywhere', async (path) => {
    const answer = await (await build()).inject(path)
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ error: { code: 'EG_ROUTE_UNKNOWN' } })
  })

  it.each(['/docs', '/docs/', '/docs/?a=b'])('is the same page at %s', async (path) => {
    const page = await (await build()).inject(path)
    expect([page.statusCode, page.body.includes('swagger-ui-bundle.js')]).toEqual([200, true])
  })

  it('has the document that its page asks for', async () => {
    const app = await build()
    expect((await app.inject('/docs/json')).json()).toEqual(await documentOf(app))
    expect((await app.inject('/docs/yaml')).body).toContain('openapi: 3.1.0')
  })

  it('sends no file again that the browser has', async () => {
    const app = await build()
    const path = '/docs/static/swagger-ui.css'
    const { etag = '' } = (await app.inject(path)).headers
    const again = await app.inject({ url: path, headers: { 'if-none-match': etag } })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })
})
