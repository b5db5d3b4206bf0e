import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { errorTable } from '../../../gateway/core/errors.ts'
import { gateway, modelOf, type ErrorAnswer, type TestGateway } from './gateway.ts'

const deep = 500_000
const nested = '['.repeat(deep) + ']'.repeat(deep)

/** Bodies that no honest client sends, or that some did. */
const bodies: readonly string[] = [
  // not JSON
  '',
  ' ',
  '{',
  '}',
  '[',
  '{"model"',
  '{"model":"tiny","input":',
  '{"model":"tiny","input":"x"',
  '{"model":"tiny","input":"x"}}',
  '{"model":"tiny","input":"x"}garbage',
  "{'model':'tiny','input':'x'}",
  '{"model":"tiny","input":NaN}',
  '{"model":"tiny","input":Infinity}',
  '{"model":"tiny","input":"\u0001"}',
  '{"model":"tiny","input":"\\x41"}',
  '{"model":"tiny","input":"\\u12"}',
  '\u0000',
  '<xml/>',
  'model=tiny&input=x',
  '"unterminated',
  // JSON, but no object
  'null',
  'true',
  '5',
  '"x"',
  '[]',
  '[{"model":"tiny","input":"x"}]',
  '1e999',
  // an object, but no request
  '{}',
  '{"input":"x"}',
  '{"model":null,"input":"x"}',
  '{"model":5,"input":"x"}',
  '{"model":[],"input":"x"}',
  '{"model":"","input":"x"}',
  '{"model":"__proto__","input":"x"}',
  '{"model":"constructor","input":"x"}',
  '{"model":"tiny"}',
  '{"model":"tiny","input":null}',
  '{"model":"tiny","input":{}}',
  '{"model":"tiny","input":{"length":1,"0":"x"}}',
  '{"model":"tiny","input":0}',
  '{"model":"tiny","input":true}',
  '{"model":"tiny","input":""}',
  '{"model":"tiny","input":[]}',
  '{"model":"tiny","input":[""]}',
  '{"model":"tiny","input":["x",null]}',
  '{"model":"tiny","input":["x",["y"]]}',
  '{"model":"tiny","input":["x",{}]}',
  '{"model":"tiny","input":[[]]}',
  '{"model":"tiny","input":[[[]]]}',
  '{"model":"tiny","input":[{"type":"text","text":"x"}]}',
  // token ids
  '{"model":"tiny","input":[1,2,3]}',
  '{"model":"tiny","input":[[1,2],[3]]}',
  '{"model":"tiny","input":["x",5]}',
  '{"model":"tiny","input":[-1e308]}',
  // halves of surrogate pairs
  '{"model":"tiny","input":"\\ud800"}',
  '{"model":"tiny","input":"\\udfff"}',
  '{"model":"tiny","input":["ok","\\ud83d"]}',
  '{"model":"tiny","input":"\\ude00\\ud83d"}',
  // other fields
  '{"model":"tiny","input":"x","encoding_format":"hex"}',
  '{"model":"tiny","input":"x","encoding_format":5}',
  '{"model":"tiny","input":"x","encoding_format":["float"]}',
  '{"model":"tiny","input":"x","dimensions":0}',
  '{"model":"tiny","input":"x","dimensions":-8}',
  '{"model":"tiny","input":"x","dimensions":1e308}',
  '{"model":"tiny","input":"x","dimensions":"8"}',
  '{"model":"tiny","input":"x","dimensions":7}',
  '{"model":"tiny","input":"x","input_type":5}',
  '{"model":"tiny","input":"x","input_type":"__proto__"}',
  '{"model":"tiny","input":"x","input_type":"toString"}',
  // prototype poisoning
  '{"__proto__":null}',
  '{"model":"tiny","input":"x","__proto__":{"truncate":false}}',
  '{"model":"tiny","input":"x","\\u005f_proto__":{}}',
  '{"model":"tiny","input":"x","constructor":{"prototype":{"x":1}}}',
  '{"model":"tiny","input":"x","a":{"b":{"__proto__":[]}}}',
  // size
  nested,
  `{"model":"tiny","input":${nested}}`,
  `{"model":"tiny","input":"x","a":${nested},"__proto__":1}`,
  `{"model":"tiny","input":[${'"",'.repeat(349_000)}""]}`,
  `{"model":"tiny","input":[${'"x",'.repeat(2048)}"x"]}`,
  `{"model":"${'m'.repeat(100_000)}","input":"x"}`,
  `{"model":"tiny","input":"${'x'.repeat(5_000_000)}"}`,
  `{"model":"tiny","input":["${'x y '.repeat(1000)}"],"input_type":"${'q'.repeat(100_000)}"}`,
]

let gate: TestGateway

beforeAll(async () => {
  gate = await gateway({ models: [modelOf({ matryoshkaDims: [4] }, { prompts: { query: 'q: ' } })] })
})

const send = async (url: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
  gate.app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } })

const expectDocumentedRefusal = (response: Awaited<ReturnType<typeof send>>): void => {
  const { error } = response.json<ErrorAnswer>()
  expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
  expect(errorTable).toHaveProperty(error.code)
  expect(response.statusCode).toBe(errorTable[error.code as keyof typeof errorTable].status)
  expect(response.statusCode).toBeGreaterThanOrEqual(400)
  expect(response.statusCode).toBeLessThan(500)
  expect(response.body.length).toBeLessThan(2000)
}

describe('hostile bodies', () => {
  it.each(bodies.map((body, index) => [index, body.length > 80 ? `${body.slice(0, 80)}...` : body, body]))(
    'answers body %i with a documented 4xx: %j',
    async (_index, _shown, body) => {
      expectDocumentedRefusal(await send('/v1/embeddings', body))
    },
  )

  it('is a list of at least 60', () => {
    expect(bodies.length).toBeGreaterThanOrEqual(60)
  })

  it('changes no prototype', async () => {
    for (const body of bodies.slice(-12, -8)) await send('/v1/embeddings', body)
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['truncate']).toBeUndefined()
  })

  it.each(['/v1/embeddings', '/api/v1/embed', '/embed'])(
    'never answers %s with 5xx, whatever the bytes',
    async (url) => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
          expectDocumentedRefusal(await send(url, Buffer.from(bytes)))
        }),
        { numRuns: 100 },
      )
    },
  )

  it.each(['/v1/embeddings', '/api/v1/embed', '/embed'])(
    'never answers %s with 5xx, whatever the JSON',
    async (url) => {
      const anything = fc.jsonValue({ maxDepth: 3 })
      const likely = fc.oneof(
        anything,
        fc.string({ unit: 'binary' }),
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null)), { maxLength: 4 }),
      )
      const request = fc.record(
        {
          model: fc.oneof(fc.constant('tiny'), anything),
          input: likely,
          inputs: likely,
          texts: likely,
          encoding_format: fc.oneof(fc.constantFrom('float', 'base64', null), anything),
          dimensions: fc.oneof(fc.constantFrom(4, 8), anything),
          input_type: fc.oneof(fc.constant('query'), anything),
          prompt_name: fc.oneof(fc.constant('query'), anything),
          truncate: fc.oneof(fc.boolean(), anything),
          normalize: fc.oneof(fc.constant(true), anything),
        },
        { requiredKeys: [] },
      )
      await fc.assert(
        fc.asyncProperty(request, async (fields) => {
          const response = await send(url, JSON.stringify(fields))
          if (response.statusCode !== 200) expectDocumentedRefusal(response)
        }),
        { numRuns: 300 },
      )
    },
  )

  it.each([
    ['x-embedgate-priority', 'urgent', 400],
    ['x-embedgate-expect-space', '', 412],
    ['x-stainless-timeout', '-5', 200],
    ['x-stainless-timeout', '1e309', 200],
    ['cache-control', ',,,no-store;;', 200],
    ['traceparent', '00-'.repeat(500), 200],
    ['x-request-id', '"><script>', 200],
    ['authorization', 'Bearer '.repeat(100), 200],
  ])('answers the header %s: %s with %i', async (name, value, status) => {
    const response = await send('/v1/embeddings', '{"model":"tiny","input":"x"}', { [name]: value })
    expect(response.statusCode).toBe(status)
  })
})
