import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApi, type OpenApi } from '../../support/open-api.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'

const model = 'all-MiniLM-L6-v2'
const keyed = (name: string, rest = ''): string =>
  `{ name: ${name}, tenant: ${name}, sha256: ${createHash('sha256').update(name).digest('hex')}${rest} }`
const serving = (cpu: string): string => `
backends: { cpu: ${cpu}, cached: { kind: cached } }
models: { ${model}: { chain: [cpu, cached] } }
`
const healthy = serving('{ kind: synthetic, dims: 384 }')

const failing = (fault: string): string =>
  serving(`{ kind: synthetic, dims: 384, faults: [{ fault: ${fault} }], retry: { retries: 0 } }`)

const configs = {
  healthy,
  keyed: `auth: { keys: [${keyed('some')}, ${keyed('limited', ', requestsPerMinute: 1')}] }\n${healthy}`,
  busy: failing('busy'),
  broken: failing('error'),
}
type Name = keyof typeof configs

const gateways = new Map<Name, TestGateway>()
let document: OpenApi
beforeAll(async () => {
  for (const [name, yaml] of Object.entries(configs)) gateways.set(name as Name, await startGateway(yaml))
  document = openApi(await (await ask('healthy', 'GET', '/openapi.json')).json())
})
afterAll(() => Promise.all([...gateways.values()].map((gateway) => gateway.close())))

const ask = (name: Name, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return fetch(`${gateways.get(name)?.url}${path}`, { method, ...sent, headers: { ...type, ...headers } })
}

describe('[P5] examples of the API document', () => {
  it('are accepted, and answered as the document says', async () => {
    let tried = 0
    for (const { method, path, operation } of document.operations) {
      for (const [name, { value }] of Object.entries(document.requestExamples(operation))) {
        tried++
        const answer = await ask('healthy', method, path, value)
        const body: unknown = await answer.json()
        expect([path, name, answer.status, document.faults(operation, answer.status, answer.headers, body)]).toEqual([
          path,
          name,
          200,
          [],
        ])
      }
    }
    expect(tried).toBeGreaterThanOrEqual(8)
  })

  it('are what GET routes answer', async () => {
    const gets = document.operations.filter(({ method, path }) => method === 'GET' && path !== '/metrics')
    expect(gets.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/v1/models', '/v1/models/{id}', '/info', '/health', '/health/live', '/health/ready']),
    )
    for (const { path, operation } of gets) {
      const answer = await ask('healthy', 'GET', path.replace('{id}', model))
      const body: unknown = await answer.json()
      expect([path, answer.status, document.faults(operation, answer.status, answer.headers, body)]).toEqual([
        path,
        200,
        [],
      ])
    }
  })

  it('of answers are what their own schemas allow', () => {
    for (const { path, operation } of document.operations) {
      for (const [status, { value }] of document.answerExamples(operation)) {
        const faults = document.faults(operation, status, undefined, value)
        expect([path, status, faults]).toEqual([path, status, []])
      }
    }
  })

  it('name in an answer with vectors every header that it has of ours', async () => {
    const answer = await ask('healthy', 'POST', '/embed', { inputs: 'x' })
    const known = document.headerNames('POST', '/embed', 200)
    const usual = new Set(['content-type', 'content-length', 'date', 'connection', 'keep-alive'])
    const sent = [...answer.headers.keys()].filter((name) => !usual.has(name))
    expect(sent.filter((name) => !known.includes(name))).toEqual([])
    expect(known.filter((name) => !sent.includes(name))).toEqual([])
  })
})

describe('the API document', () => {
  it.each(['/openapi.json', '/docs', '/docs/', '/docs/static/swagger-ui.css'])(
    'is open without a key: %s',
    async (path) => {
      expect((await ask('keyed', 'GET', path)).status).toBe(200)
      expect((await ask('keyed', 'GET', '/v1/models')).status).toBe(401)
    },
  )
})

/** What provokes each error that the document has an example of. */
const provocations: Record<string, (path: string, field: string) => Promise<Response>> = {
  EG_INPUT_INVALID: (path) => ask('healthy', 'POST', path, { model }),
  EG_INPUT_EMPTY: (path, field) => ask('healthy', 'POST', path, { model, [field]: [] }),
  EG_INPUT_TOO_MANY: (path, field) => ask('healthy', 'POST', path, { model, [field]: Array(2049).fill('x') }),
  EG_INPUT_TOKENS_UNSUPPORTED: (path, field) => ask('healthy', 'POST', path, { model, [field]: [1, 2] }),
  EG_INPUT_NOT_WELL_FORMED: (path, field) =>
    ask('healthy', 'POST', path, `{"model":"${model}","${field}":["\\ud800"]}`),
  EG_DIMENSIONS_UNSUPPORTED: (path, field) => ask('healthy', 'POST', path, { model, [field]: ['x'], dimensions: 7 }),
  EG_BODY_TOO_LARGE: (path, field) => ask('healthy', 'POST', path, { model, [field]: ['x'.repeat(4_200_000)] }),
  EG_MEDIA_TYPE: (path) => ask('healthy', 'POST', path, '{}', { 'content-type': 'text/plain' }),
  EG_MODEL_UNKNOWN: (path, field) =>
    path.includes('{id}')
      ? ask('healthy', 'GET', '/v1/models/no-such-model')
      : ask('healthy', 'POST', path, { model: 'no-such-model', [field]: ['x'] }),
  EG_AUTH_MISSING: (path) => ask('keyed', 'GET', path),
  EG_AUTH_INVALID: (path) => ask('keyed', 'GET', path, undefined, { authorization: 'Bearer eg-unknown' }),
  EG_RATE_LIMITED: async (path) => {
    const limited = { authorization: 'Bearer limited' }
    await ask('keyed', 'GET', path, undefined, limited)
    return ask('keyed', 'GET', path, undefined, limited)
  },
  EG_OVERLOADED: (path, field) => ask('busy', 'POST', path, { model, [field]: ['new'] }),
  EG_CHAIN_EXHAUSTED: (path, field) => ask('broken', 'POST', path, { model, [field]: ['new'] }),
}

describe('[P5] examples of errors', () => {
  it('are what is answered when they are provoked, word for word', async () => {
    const provoked = new Set<string>()
    for (const { path, operation } of document.operations) {
      for (const [status, { summary: code, value }] of document.answerExamples(operation)) {
        if (status < 400) continue
        const field = path === '/embed' ? 'inputs' : path === '/v1/embeddings' ? 'input' : 'texts'
        const answer = await provocations[code]?.(path, field)
        expect(answer, `${code} at ${path} is not provoked`).toBeDefined()
        const body: unknown = await answer?.json()
        expect([path, code, answer?.status, body]).toEqual([path, code, status, value])
        expect(document.faults(operation, status, answer?.headers, body)).toEqual([])
        provoked.add(code)
      }
    }
    expect([...provoked].sort()).toEqual(Object.keys(provocations).sort())
  })
})
