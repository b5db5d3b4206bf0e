import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorTable, type ErrorCode } from '../../../gateway/core/errors.ts'
import { post, startGateway, type TestGateway } from '../../support/gateway.ts'
import { expectGolden, goldens } from '../../support/golden.ts'
import { routes, seedsOf, type Route, type Seed } from './hostile-seeds.ts'

/** Bodies that each route is sent. */
const bodiesPerRoute = 500

/** An engine that costs nothing answers the hostile, the real model tells afterwards whether all is well. */
const config = `
backends:
  fake: { kind: synthetic, dims: 8 }
  cpu: { kind: onnx, device: cpu, model: all-MiniLM-L6-v2, workers: 1 }
models:
  fake: { chain: [fake] }
  real: { chain: [cpu] }
`

let gateway: TestGateway
let client: Pool
beforeAll(async () => {
  gateway = await startGateway(config)
  client = new Pool(gateway.url, { connections: 8 })
})
afterAll(async () => {
  await client.close()
  await gateway.close()
})

/** Sends a body and checks that the answer is 200, or a documented refusal for which the caller is to blame. */
const send = async ({ url }: Route, { body, headers }: Pick<Seed, 'body' | 'headers'>): Promise<ErrorCode | 'ok'> => {
  const all = { 'content-type': 'application/json', ...headers }
  const answer = await client.request({ path: url, method: 'POST', headers: all, body })
  const text = await answer.body.text()
  expect(answer.headers['x-request-id']).toMatch(/^[\w.-]{1,128}$/)
  if (answer.statusCode === 200) {
    expect(answer.headers['x-embedgate-backend']).toMatch(/^(fake|cached)$/)
    return 'ok'
  }
  const { error } = JSON.parse(text) as { error: { message: string; code: ErrorCode } }
  expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
  expect(errorTable).toHaveProperty(error.code)
  expect(answer.statusCode).toBe(errorTable[error.code].status)
  expect(answer.statusCode).toBeGreaterThanOrEqual(400)
  expect(answer.statusCode, error.message).toBeLessThan(500)
  expect(text.length).toBeLessThan(2_000)
  return error.code
}

const anything = fc.jsonValue({ maxDepth: 4 })
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant(''))
const texts = fc.oneof(text, fc.array(text, { maxLength: 5 }), fc.array(anything, { maxLength: 5 }), anything)

/** Requests that are nearly right, as JSON. */
const likely = fc
  .record(
    {
      model: fc.oneof(fc.constant('fake'), anything),
      input: texts,
      inputs: texts,
      texts,
      encoding_format: fc.oneof(fc.constantFrom('float', 'base64', null), anything),
      dimensions: fc.oneof(fc.constantFrom(8, -1, 0, 1.5, 1e9, '8'), fc.double(), anything),
      input_type: fc.oneof(fc.constant('query'), anything),
      prompt_name: fc.oneof(fc.constant('query'), anything),
      truncate: fc.oneof(fc.boolean(), anything),
      normalize: fc.oneof(fc.constant(true), anything),
    },
    { requiredKeys: ['model'] },
  )
  .map((fields) => Buffer.from(JSON.stringify(fields)))

/** The same with some bytes cut out, replaced or put in. */
const mutated = fc
  .tuple(likely, fc.nat(), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 20 }))
  .map(([body, at, cut, put]) => {
    const start = at % (body.length + 1)
    return Buffer.concat([body.subarray(0, start), put, body.subarray(start + cut)])
  })

const generated = fc.oneof(likely, mutated, fc.uint8Array({ maxLength: 200 }))

describe.each(routes)('$url, hostile bodies', (route) => {
  const seeds = seedsOf(route)
  const shown = ({ about, body, headers }: Seed): string =>
    `${about}: ${Buffer.from(body).toString('latin1').slice(0, 60)} ${JSON.stringify(headers ?? '').slice(0, 60)}`

  it(`refuses ${seeds.length} known ones as documented, or ignores what does not concern it`, async () => {
    const wrong: unknown[] = []
    for (const each of seeds) {
      const answer = await send(route, each).catch((error: unknown) => (error as Error).message)
      if (answer !== (each.answer ?? answer) || !(answer === 'ok' || answer in errorTable))
        wrong.push([shown(each), answer])
    }
    expect(wrong).toEqual([])
    expect(({} as Record<string, unknown>)['truncate']).toBeUndefined()
  })

  it('answers generated ones with 200 or a documented refusal', async () => {
    const property = fc.asyncProperty(generated, async (body) => void (await send(route, { body })))
    await fc.assert(property, { numRuns: bodiesPerRoute - seeds.length })
  })

  it('answers a golden text as if nothing had happened', async () => {
    const [, , golden] = goldens
    const input = golden?.text ?? ''
    const { body } = await post(`${gateway.url}/v1/embeddings`, { model: 'real', input })
    expectGolden(body.data[0].embedding, golden?.vector ?? [])
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200)
  })
})

describe('what is hardly HTTP', () => {
  /** Everything the gateway says to some bytes until it closes the connection. */
  const exchange = async (bytes: string): Promise<string> => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.write(bytes)
    await once(socket, 'close')
    return answer
  }
  const start = 'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'

  it.each([
    ['no request', 'GARBAGE\r\n\r\n', 400, 'EG_INPUT_INVALID'],
    ['another protocol', '\u0016\u0003\u0001\u0002', 400, 'EG_INPUT_INVALID'],
    ['headers without an end', `${start}x: ${'y'.repeat(20_000)}\r\n\r\n{}`, 431, 'EG_HEADERS_TOO_LARGE'],
    ['two lengths', `${start}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 400, 'EG_INPUT_INVALID'],
    [
      'a length and chunks',
      `${start}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'EG_INPUT_INVALID',
    ],
    ['a chunk of no size', `${start}transfer-encoding: chunked\r\n\r\nZZ\r\n`, 400, 'EG_INPUT_INVALID'],
    ['a negative length', `${start}content-length: -1\r\n\r\n`, 400, 'EG_INPUT_INVALID'],
  ])('is refused in the same shape: %s', async (_what, bytes, status, code) => {
    const answer = await exchange(bytes)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head).toMatch(/^x-request-id: [\w.-]+$/m)
    expect(JSON.parse(body)).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null, code },
    })
  })
})
