import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApi, type OpenApi } from '../../support/open-api.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'

const token = 'the-token-of-this-test-and-of-no-other'
const config = `
admin: { token: ${token} }
backends:
  cpu: { kind: synthetic, dims: 8 }
  engine: { kind: openai, url: http://127.0.0.1:9/v1, model: m, dims: 8, proxy: [POST /rerank] }
  cached: { kind: cached }
models:
  fake: { chain: [cpu, cached] }
  other: { chain: [engine] }
`
let gateway: TestGateway
const documents = new Map<string, OpenApi>()
beforeAll(async () => {
  gateway = await startGateway(config, { untilReady: false })
  for (const [name, app] of listeners()) documents.set(name, openApi((await app.inject('/openapi.json')).json()))
})
afterAll(() => gateway.close())

const listeners = (): (readonly [string, FastifyInstance])[] => [
  ['public', gateway.app],
  ['admin', gateway.app.admin],
]

/** Pages and their files, which describe themselves to the eye. */
const pages = /^\/(?:$|docs|page\/)/

describe('[P5] the API documents', () => {
  it('have every route of both listeners, with its methods', () => {
    for (const [name, app] of listeners()) {
      const known = new Set(documents.get(name)?.operations.map(({ method, path }) => starred(`${method} ${path}`)))
      const missing = routesOf(app)
        .filter(({ path }) => !pages.test(path))
        .filter((each) => !known.has(each.name))
      expect([name, missing.map((each) => each.name)]).toEqual([name, []])
    }
  })

  it('name every operation, each by another name', () => {
    for (const document of documents.values()) {
      const ids = document.operations.map(({ operation }) => operation.operationId)
      expect(ids.filter((id) => !/^[a-z][A-Za-z0-9]+$/.test(id))).toEqual([])
      expect(new Set(ids).size).toBe(ids.length)
    }
  })

  it('say what every route for reading on the admin listener answers', async () => {
    for (const { method, path, operation } of documents.get('admin')?.operations ?? []) {
      if (method !== 'GET') continue
      const answer = await gateway.app.admin.inject({ url: path, headers: { host: '127.0.0.1' } })
      const isJson = String(answer.headers['content-type']).includes('json')
      const body: unknown = isJson ? answer.json() : answer.body
      expect([path, documents.get('admin')?.faults(operation, answer.statusCode, undefined, body)]).toEqual([path, []])
    }
  })

  it('say what every change on the admin listener answers', async () => {
    let tried = 0
    for (const { method, path, operation } of documents.get('admin')?.operations ?? []) {
      if (method === 'GET') continue
      const url = path.replace(/\{(?:name|backend)\}/, 'engine').replace('{replica}', '0')
      const payload = path.includes('{backend}') ? { mode: 'auto' } : {}
      const headers = { host: '127.0.0.1', 'content-type': 'application/json', authorization: `Bearer ${token}` }
      const answer = await gateway.app.admin.inject({
        method: method as 'POST',
        url: `${url}${forced(path)}`,
        headers,
        payload,
      })
      const faults = documents.get('admin')?.faults(operation, answer.statusCode, undefined, answer.json())
      expect([method, path, answer.statusCode, faults]).toEqual([method, path, 200, []])
      tried++
    }
    expect(tried).toBeGreaterThanOrEqual(10)
  })

  it('answer wrong changes as they say', async () => {
    const { operation } =
      documents.get('admin')?.operations.find(({ path }) => path === '/admin/backends/{name}/undrain') ?? {}
    if (!operation) throw new Error('undrain is not documented')
    const headers = { host: '127.0.0.1', 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const url = '/admin/backends/cpux/undrain'
    const unknown = await gateway.app.admin.inject({ method: 'POST', url, headers, payload: {} })
    const [example] = documents.get('admin')?.answerExamples(operation) ?? []
    expect([unknown.statusCode, unknown.json()]).toEqual([example?.[0], example?.[1].value])
  })
})

const forced = (path: string): string => (path.endsWith('/drain') ? '?force=true' : '')

/** Whatever a parameter is called, and whether it is a wildcard. */
const starred = (name: string): string => name.replaceAll(/\{\w+\}|:\w+/g, '*')

/** The routes of a listener. */
const routesOf = (app: FastifyInstance): { readonly name: string; readonly path: string }[] => {
  const found: { name: string; path: string }[] = []
  const trail: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([│\s]*)[├└]── (\S+) \(([A-Z, ]+)\)/.exec(line)
    if (!match) continue
    const [, indent = '', part = '', methods = ''] = match
    const depth = indent.length / 4
    trail.splice(depth, trail.length, part === '*' ? '/*' : part)
    // The proxy's pattern without a path is no route of its own.
    const path = trail.join('').replace(/^\/proxy\/:backend$/, '/proxy/:backend/*')
    for (const method of methods.split(', '))
      if (method !== 'HEAD') found.push({ name: starred(`${method} ${path}`), path })
  }
  return found
}
