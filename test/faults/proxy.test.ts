import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, until, type TestGateway } from '../support/gateway.ts'
import { dims, startUpstream, type ScriptedUpstream } from './scripted-upstream.ts'
import type { Fault } from './upstream-faults.ts'

const key = 'eg-callers-own-key'
const yaml = (requestTimeoutMs: number): string => `
server: { requestTimeoutMs: ${requestTimeoutMs}, bodyLimitBytes: 2000 }
auth: { keys: [{ name: a, tenant: a, sha256: "${createHash('sha256').update(key).digest('hex')}" }] }
backends:
  engine:
    kind: openai
    url: "${upstream.url}/v1"
    model: synthetic
    dims: ${dims}
    maxTokens: 256
    apiKey: sk-of-the-entry
    query: { api-version: "7" }
    proxy: [POST /rerank, GET /models]
  plain: { kind: synthetic, dims: ${dims} }
models:
  m: { chain: [engine] }
  n: { chain: [plain] }
`

let upstream: ScriptedUpstream
let gateway: TestGateway
const startServing = async (requestTimeoutMs: number): Promise<TestGateway> => {
  const started = await startGateway(yaml(requestTimeoutMs))
  await until(() => started.app.backends.replicas().every(({ state }) => state === 'serving'))
  return started
}
beforeAll(async () => {
  upstream = await startUpstream()
  gateway = await startServing(400)
})
afterAll(async () => {
  await gateway.close()
  await upstream[Symbol.asyncDispose]()
})
afterEach(() => {
  upstream.fault = undefined
  upstream.status = 200
})

const send = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${gateway.url}${path}`, {
    redirect: 'manual',
    ...init,
    headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
const rerank = (
  body: string | Uint8Array<ArrayBuffer> = '{"query":"a","texts":["b"]}',
  headers: Record<string, string> = {},
) => send('/proxy/engine/rerank', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
const codeOf = ({ text }: { readonly text: string }): string => JSON.parse(text).error.code

/** Sends a head as it is, and reads the line that answers it. */
const raw = async (head: string): Promise<string> => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  socket.write(`${head}\r\nhost: gateway\r\nauthorization: Bearer ${key}\r\n\r\n`)
  const [first] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return String(first).split('\r\n', 1)[0] ?? ''
}

describe('[S3] /proxy', () => {
  it('passes on a listed route, byte for byte, with the key, the query and the path of the entry', async () => {
    const before = upstream.seen.length
    const body = '{ "query" : "é",\n "texts":["b"] }'
    const answer = await rerank(body, { cookie: 'a=b', 'x-forwarded-for': '10.0.0.1', 'x-request-id': 'req-9' })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { echo: JSON.parse(body) }])
    const seen = upstream.seen[before]
    expect([seen?.method, seen?.url]).toEqual(['POST', '/v1/rerank?api-version=7'])
    expect(seen?.headers).toMatchObject({
      authorization: 'Bearer sk-of-the-entry',
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'x-request-id': 'req-9',
      host: new URL(upstream.url).host,
    })
    expect(Object.keys(seen?.headers ?? {})).not.toEqual(expect.arrayContaining(['cookie']))
    expect(JSON.stringify(seen?.headers)).not.toContain(key)
    expect(seen?.headers).not.toHaveProperty('x-forwarded-for')
    expect(answer.headers.get('x-request-id')).toBe('req-9')
  })

  it('passes on a GET with its query', async () => {
    const { status, text } = await send('/proxy/engine/models?limit=2&api-version=6')
    expect([status, JSON.parse(text)]).toEqual([200, { object: 'list', data: [] }])
    expect(upstream.seen.at(-1)?.url).toBe('/v1/models?limit=2&api-version=7')
  })

  it('wants a key like every route', async () => {
    const { status, text } = await send('/proxy/engine/models', { headers: { authorization: '' } })
    expect([status, JSON.parse(text).error.code]).toEqual([401, 'EG_AUTH_MISSING'])
  })

  it.each(['/proxy/engine/embeddings', '/proxy/plain/models', '/proxy/nobody/models', '/proxy/engine', '/proxy'])(
    'has nothing at %s',
    async (path) => {
      const before = upstream.seen.length
      const answer = await send(path)
      expect([answer.status, codeOf(answer)]).toEqual([404, 'EG_ROUTE_UNKNOWN'])
      expect(upstream.seen).toHaveLength(before)
    },
  )

  it.each(['DELETE', 'PUT', 'HEAD'])('does not take %s where it is not listed', async (method) => {
    const answer = await send('/proxy/engine/models', { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET'])
  })

  it.each([
    'GET /proxy/engine/../engine/models HTTP/1.1',
    'GET /proxy/engine/./models HTTP/1.1',
    'GET /proxy/engine/x/../models HTTP/1.1',
    'GET /proxy/engine/models%2f..%2fsecret HTTP/1.1',
    'GET /proxy/engine/%2e%2e/secret HTTP/1.1',
    'GET /proxy/engine//models HTTP/1.1',
    'GET /proxy/engine/%zz HTTP/1.1',
    'GET //evil.test/proxy/engine/models HTTP/1.1',
  ])('does not pass on %s', async (line) => {
    const before = upstream.seen.length
    expect(await raw(line)).toMatch(/^HTTP\/1\.1 40[04] /)
    expect(upstream.seen).toHaveLength(before)
  })

  it('answers a wish to upgrade as the plain request that it also is, and passes no such wish on', async () => {
    const wish = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: eA==\r\nsec-websocket-version: 13'
    expect(await raw(`GET /proxy/engine/models HTTP/1.1\r\n${wish}`)).toMatch(/^HTTP\/1\.1 200 /)
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('upgrade')
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('sec-websocket-key')
  })

  it('refuses a body that is too large or packed before the engine sees it', async () => {
    const before = upstream.seen.length
    const large = await rerank(JSON.stringify({ query: 'x'.repeat(3_000) }))
    expect([large.status, codeOf(large)]).toEqual([413, 'EG_BODY_TOO_LARGE'])
    const packed = await rerank(Uint8Array.of(31, 139, 8, 0), { 'content-encoding': 'gzip' })
    expect([packed.status, codeOf(packed)]).toEqual([415, 'EG_MEDIA_TYPE'])
    expect(upstream.seen).toHaveLength(before)
  })

  it.each<[Fault, number, string]>([
    ['redirects', 503, 'EG_CHAIN_EXHAUSTED'],
    ['answers 401', 503, 'EG_CHAIN_EXHAUSTED'],
    ['answers 403', 503, 'EG_CHAIN_EXHAUSTED'],
    ['answers 500', 503, 'EG_CHAIN_EXHAUSTED'],
    ['answers 503', 503, 'EG_CHAIN_EXHAUSTED'],
    ['answers 429 with retry-after', 503, 'EG_OVERLOADED'],
    ['sends a gzip bomb', 503, 'EG_CHAIN_EXHAUSTED'],
    ['announces a gigabyte', 503, 'EG_CHAIN_EXHAUSTED'],
    ['sends a gigabyte with a 500', 503, 'EG_CHAIN_EXHAUSTED'],
    ['resets the connection', 503, 'EG_CHAIN_EXHAUSTED'],
    ['is no HTTP server', 503, 'EG_CHAIN_EXHAUSTED'],
    ['hangs before its headers', 504, 'EG_DEADLINE'],
  ])('answers in its own shape when the engine %s', async (fault, status, code) => {
    upstream.fault = fault
    const answer = await rerank()
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
    expect(answer.text).not.toContain('the text of somebody')
    expect([answer.headers.get('location'), answer.headers.get('www-authenticate')]).toEqual([null, null])
    if (fault === 'answers 429 with retry-after') expect(answer.headers.get('retry-after')).toBe('7')
  })

  it('gives up its request when the caller leaves', async () => {
    await using patient = await startServing(60_000)
    upstream.fault = 'hangs before its headers'
    const before = upstream.seen.length
    const gone = new AbortController()
    const headers = { authorization: `Bearer ${key}` }
    const left = fetch(`${patient.url}/proxy/engine/rerank`, { method: 'POST', headers, signal: gone.signal })
    left.catch(() => {})
    await until(() => upstream.seen.length > before)
    const open = upstream.open()
    gone.abort()
    await until(() => upstream.open() < open)
  })

  it('asks once when a GET is answered with 503', async () => {
    upstream.status = 503
    const asked = (): number => upstream.seen.filter(({ url }) => url.includes('once')).length
    expect((await send('/proxy/engine/models?once')).status).toBe(503)
    expect(asked()).toBe(1)
  })

  it.each<Fault>([
    'sends a gigabyte',
    'sends a byte now and then',
    'hangs in its body',
    'resets the connection in its body',
  ])('breaks off an answer that has begun when the engine %s', async (fault) => {
    upstream.fault = fault
    const before = upstream.sentBytes()
    await expect(rerank()).rejects.toThrow()
    expect(upstream.sentBytes() - before).toBeLessThan(64e6)
    upstream.fault = undefined
    expect((await rerank()).status).toBe(200)
  })
})
