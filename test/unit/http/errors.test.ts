import { connect, type AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { BackendError, errorTable, GatewayError, type ErrorCode } from '../../../gateway/core/errors.ts'
import { noMeter } from '../../../gateway/core/meter.ts'
import { withTrail } from '../../../gateway/core/trail.ts'
import { ask, deferred, gateway, success, type ErrorAnswer } from './gateway.ts'

const failing = (error: unknown) => ({
  embed: async () => {
    throw error
  },
})

const json = { 'content-type': 'application/json' }
const embeddings = { method: 'POST', url: '/v1/embeddings', headers: json } as const

/** Sends bytes and reads until the other side closes. */
const exchange = async (port: number, bytes: string): Promise<string> => {
  const { promise, resolve } = deferred<string>()
  let received = ''
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
  socket.on('data', (data: Buffer) => (received += data.toString()))
  socket.on('close', () => resolve(received))
  return promise
}

describe('errors', () => {
  it.each(Object.keys(errorTable) as ErrorCode[])('answers %s with all four keys and its status', async (code) => {
    const { app } = await gateway(failing(new GatewayError(code, 'why', { param: 'p' })))
    const response = await ask(app, { input: 'one' })
    expect(response.statusCode).toBe(errorTable[code].status)
    expect(response.json()).toEqual({ error: { message: 'why', type: errorTable[code].type, param: 'p', code } })
    expect(response.headers['x-request-id']).toBeTruthy()
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8')
  })

  it('has param: null when no field is at fault', async () => {
    const { app } = await gateway(failing(new GatewayError('EG_OVERLOADED', 'full')))
    expect((await ask(app, { input: 'one' })).json<ErrorAnswer>().error.param).toBeNull()
  })

  it('says when to try again in both of the headers that clients read', async () => {
    const { app } = await gateway(failing(new GatewayError('EG_OVERLOADED', 'full', { retryAfterMs: 1200.5 })))
    const { headers } = await ask(app, { input: 'one' })
    expect(headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1201' })
    expect(headers).not.toHaveProperty('x-should-retry')
  })

  it.each(['EG_CHAIN_EXHAUSTED', 'EG_DEADLINE', 'EG_INTERNAL'] as const)(
    'tells clients not to try again after %s',
    async (code) => {
      const { app } = await gateway(failing(new GatewayError(code, 'why')))
      expect((await ask(app, { input: 'one' })).headers['x-should-retry']).toBe('false')
    },
  )

  it.each([
    ['EG_CHAIN_EXHAUSTED', 30_000, undefined],
    ['EG_CHAIN_EXHAUSTED', 59_999, undefined],
    ['EG_CHAIN_EXHAUSTED', 60_000, 'false'],
    ['EG_OVERLOADED', 300_000, 'false'],
    ['EG_RATE_LIMITED', 45_000, undefined],
    ['EG_RATE_LIMITED', 90_000, 'false'],
    ['EG_INPUT_INVALID', 90_000, undefined],
  ] as const)(
    'lets clients try again by themselves after %s only when they keep its wait: %s ms',
    async (code, retryAfterMs, should) => {
      const { app } = await gateway(failing(new GatewayError(code, 'why', { retryAfterMs })))
      const { headers } = await ask(app, { input: 'one' })
      expect(headers['retry-after-ms']).toBe(String(retryAfterMs))
      expect(headers['x-should-retry']).toBe(should)
    },
  )

  it('counts the tries that came before an error', async () => {
    const error = new GatewayError('EG_CHAIN_EXHAUSTED', 'none left')
    withTrail(error, [
      { ...success, outcome: 'failure' },
      { ...success, outcome: 'failure' },
    ])
    const { app } = await gateway(failing(error))
    expect((await ask(app, { input: 'one' })).headers['x-embedgate-attempts']).toBe('2')
  })

  it('says 0 tries when nothing was tried, and none where nothing was asked', async () => {
    const { app } = await gateway(failing(new GatewayError('EG_OVERLOADED', 'full')))
    expect((await ask(app, { input: 'one' })).headers['x-embedgate-attempts']).toBe('0')
    expect((await ask(app, { input: 5 })).headers).not.toHaveProperty('x-embedgate-attempts')
  })

  it('never shows a backend error, even if one gets this far', async () => {
    const { app } = await gateway(failing(new BackendError('crash', 'worker 4711 at /run/secret.sock died')))
    const response = await ask(app, { input: 'one' })
    expect(response.statusCode).toBe(503)
    expect(response.json<ErrorAnswer>().error.code).toBe('EG_CHAIN_EXHAUSTED')
    expect(response.body).not.toContain('secret')
  })

  it.each([new Error('select * from secret'), new TypeError('secret'), 'secret', undefined, { statusCode: 302 }])(
    'answers 500 without a word of what is inside for %s',
    async (thrown) => {
      const { app } = await gateway(failing(thrown))
      const response = await ask(app, { input: 'one' })
      expect(response.statusCode).toBe(500)
      expect(response.json<ErrorAnswer>().error.code).toBe('EG_INTERNAL')
      expect(response.body).not.toContain('secret')
      expect(response.body).not.toContain('.ts')
    },
  )

  it('counts each error by its code', async () => {
    const counted: string[] = []
    const meter = {
      ...noMeter,
      counter: (name: string) => (labels: Readonly<Record<string, string>>) => () =>
        void counted.push(`${name} ${labels['code']}`),
    }
    const { app } = await gateway({ meter })
    await ask(app, { input: [] })
    await app.inject('/nowhere')
    expect(counted).toEqual(['errors_total EG_INPUT_EMPTY', 'errors_total EG_ROUTE_UNKNOWN'])
  })

  it('answers a body over the limit with 413', async () => {
    const { app } = await gateway({ server: { bodyLimitBytes: 100 } })
    const response = await ask(app, { input: 'x'.repeat(200) })
    expect(response.statusCode).toBe(413)
    expect(response.json<ErrorAnswer>().error.code).toBe('EG_BODY_TOO_LARGE')
  })

  it.each([
    [{ 'content-type': 'text/plain' }],
    [{ 'content-type': 'application/x-www-form-urlencoded' }],
    [{ 'content-type': 'nonsense' }],
    [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    [{}],
  ])('answers 415 for a body with %j', async (headers) => {
    const { app } = await gateway()
    const payload = Buffer.from('{"model":"tiny","input":"x"}')
    const response = await app.inject({ method: 'POST', url: '/v1/embeddings', headers, payload })
    expect(response.statusCode).toBe(415)
    expect(response.json<ErrorAnswer>().error.code).toBe('EG_MEDIA_TYPE')
  })

  it.each(['', '{', '{"model":"tiny","input":"x"', 'nonsense', '\u0000', '{"__proto__":{"x":1},"input":"x"}'])(
    'answers 400 for the body %j',
    async (payload) => {
      const { app } = await gateway()
      const response = await app.inject({ ...embeddings, payload })
      expect(response.statusCode).toBe(400)
      expect(response.json<ErrorAnswer>().error.code).toBe('EG_INPUT_INVALID')
    },
  )

  it('answers an unknown path with 404', async () => {
    const { app } = await gateway()
    for (const url of ['/', '/v2/embeddings', '/v1', '/v1/embeddings/x']) {
      const response = await app.inject(url)
      expect(response.statusCode).toBe(404)
      expect(response.json<ErrorAnswer>().error.code).toBe('EG_ROUTE_UNKNOWN')
      expect(response.headers['x-request-id']).toBeTruthy()
    }
  })

  it.each([
    ['GET', '/v1/embeddings', 'POST'],
    ['GET', '/v1/embeddings?x=1', 'POST'],
    ['PUT', '/v1/embeddings/', 'POST'],
    ['DELETE', '/v1/models/org/a', 'GET, HEAD'],
    ['POST', '/health/live', 'GET, HEAD'],
  ] as const)('answers %s %s with 405 and what the path allows', async (method, url, allow) => {
    const { app } = await gateway()
    const response = await app.inject({ method, url })
    expect(response.statusCode).toBe(405)
    expect(response.json<ErrorAnswer>().error.code).toBe('EG_METHOD')
    expect(response.headers.allow).toBe(allow)
  })

  it.each([
    ['POST', '/nothing', 404, 'EG_ROUTE_UNKNOWN'],
    ['QUERY', '/nothing', 404, 'EG_ROUTE_UNKNOWN'],
    ['PUT', '/v1/embeddings', 405, 'EG_METHOD'],
    ['QUERY', '/health/live', 405, 'EG_METHOD'],
  ] as const)('reads no body where nobody takes it: %s %s', async (method, url, status, code) => {
    const { app } = await gateway()
    for (const headers of [{}, json, { 'content-type': 'text/x-anything' }]) {
      // Its types know fewer methods than it takes.
      const response = await app.inject({ method: method as 'POST', url, headers, payload: '{"broken' })
      expect([headers, response.statusCode]).toEqual([headers, status])
      expect(response.json<ErrorAnswer>().error.code).toBe(code)
    }
  })

  it('answers a path of thousands of slashes at once', async () => {
    const { app } = await gateway()
    expect((await app.inject('/'.repeat(8000))).statusCode).toBe(404)
  })

  it('answers a path that cannot be decoded in the same shape', async () => {
    const { app } = await gateway()
    const response = await app.inject('/%zz')
    expect(response.statusCode).toBe(400)
    expect(response.json<ErrorAnswer>().error.code).toBe('EG_INPUT_INVALID')
    expect(response.headers['x-request-id']).toBeTruthy()
  })
})

/** A request with a body, up to where its own headers go. */
const posted = 'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'

/** The one answer to these bytes, with its status and body checked against the table. */
const answerTo = async (app: FastifyInstance, bytes: string): Promise<{ head: string; body: ErrorAnswer }> => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const answer = await exchange((app.server.address() as AddressInfo).port, bytes)
  await app.close()
  const [head = '', text = ''] = answer.split('\r\n\r\n')
  const body = JSON.parse(text) as ErrorAnswer
  expect(Object.keys(body.error)).toEqual(['message', 'type', 'param', 'code'])
  const { status, type } = errorTable[body.error.code as ErrorCode]
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(body.error.type).toBe(type)
  expect(head).toMatch(/\r\nx-request-id: req_/)
  expect(head).toMatch(/\r\nconnection: close/i)
  return { head, body }
}

describe('errors below HTTP', () => {
  it.each([
    ['bytes that are not HTTP', 'nonsense\r\n\r\n', 'EG_INPUT_INVALID'],
    ['a method that does not exist', 'EMBED / HTTP/1.1\r\nhost: x\r\n\r\n', 'EG_INPUT_INVALID'],
    ['another version of HTTP', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'EG_INPUT_INVALID'],
    [
      'headers that are too long',
      `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      'EG_HEADERS_TOO_LARGE',
    ],
    ['a path that is too long', `GET /${'y'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 'EG_HEADERS_TOO_LARGE'],
    [
      'two Host headers',
      'GET /v1/models HTTP/1.1\r\nhost: a\r\nHost: b\r\nconnection: close\r\n\r\n',
      'EG_INPUT_INVALID',
    ],
    ['no Host header', 'GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n', 'EG_INPUT_INVALID'],
    ['an expectation', `${posted}expect: junk\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`, 'EG_INPUT_INVALID'],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n', 'EG_METHOD'],
    ['a length that is no number', `${posted}content-length: x\r\n\r\n{}`, 'EG_INPUT_INVALID'],
    ['two lengths', `${posted}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 'EG_INPUT_INVALID'],
    ['a length and chunks', `${posted}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}`, 'EG_INPUT_INVALID'],
    ['chunks that are none', `${posted}transfer-encoding: chunked\r\n\r\nzz\r\n`, 'EG_INPUT_INVALID'],
    [
      'chunks with long extensions',
      `${posted}transfer-encoding: chunked\r\n\r\n2;${'y'.repeat(20_000)}\r\n`,
      'EG_BODY_TOO_LARGE',
    ],
    ['QUERY without a type', 'QUERY /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 'EG_METHOD'],
  ])('answers %s in the same shape', async (_what, bytes, code) => {
    const { app } = await gateway()
    expect((await answerTo(app, bytes)).body.error.code).toBe(code)
  })

  it('says what of the bytes is not HTTP', async () => {
    const { app } = await gateway()
    const { body } = await answerTo(app, 'EMBED / HTTP/1.1\r\n\r\n')
    expect(body.error.message).toBe('this is not an HTTP/1.1 request: Invalid method encountered')
  })

  it.each([
    ['headers', 'GET / HTTP/1.1\r\nhost: x\r\n'],
    ['a body', `${posted}content-length: 20\r\n\r\n{`],
  ])('answers %s that take too long with 408, which clients send again', async (_what, bytes) => {
    const { app } = await gateway()
    app.server.on('connection', (socket) => {
      // What Node does when its timer for slow requests fires, which looks only every 30 s.
      const late = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
      socket.once('data', () => setImmediate(() => app.server.emit('clientError', late, socket)))
    })
    const { head, body } = await answerTo(app, bytes)
    expect(body.error.code).toBe('EG_REQUEST_TIMEOUT')
    expect(head).not.toContain('x-should-retry')
  })

  it.each([
    ['bytes that are not HTTP', 'nonsense\r\n\r\n', 'EG_INPUT_INVALID'],
    ['a body that breaks off', `${posted}transfer-encoding: chunked\r\n\r\nzz\r\n`, 'EG_INPUT_INVALID'],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n', 'EG_METHOD'],
    // Of which the parser complains again and again.
    ['megabytes of headers', `GET / HTTP/1.1\r\nx: ${'y'.repeat(2_000_000)}`, 'EG_HEADERS_TOO_LARGE'],
  ])('answers and counts %s once', async (_what, bytes, code) => {
    const counted: (string | undefined)[] = []
    const meter = {
      ...noMeter,
      counter: () => (labels: Readonly<Record<string, string>>) => () => void counted.push(labels['code']),
    }
    const { app } = await gateway({ meter })
    await answerTo(app, bytes)
    expect(counted).toEqual([code])
  })

  it.each([
    ['bytes that are not HTTP', 'nonsense\r\n\r\n'],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('gives a request that still computes no answer to %s behind it', async (_what, bytes) => {
    const { app } = await gateway({ embed: () => new Promise(() => {}) })
    const body = '{"model":"tiny","input":"x"}'
    await app.listen({ port: 0, host: '127.0.0.1' })
    const both = `${posted}content-length: ${body.length}\r\n\r\n${body}${bytes}`
    expect(await exchange((app.server.address() as AddressInfo).port, both)).toBe('')
    await app.close()
  })

  it('meets the expectation to be told to continue', async () => {
    const { app } = await gateway()
    const body = '{"model":"tiny","input":"x"}'
    await app.listen({ port: 0, host: '127.0.0.1' })
    const bytes = `${posted}expect: 100-Continue\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    const answer = await exchange((app.server.address() as AddressInfo).port, bytes)
    await app.close()
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
  })
})
