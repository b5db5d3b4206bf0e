import type { ErrorCode } from '../../../gateway/core/errors.ts'

/** A route that embeds, and the field its texts come in. */
export interface Route {
  readonly url: '/v1/embeddings' | '/api/v1/embed' | '/embed'
  readonly field: string
}

/** Every route that embeds. */
export const routes: readonly Route[] = [
  { url: '/v1/embeddings', field: 'input' },
  { url: '/api/v1/embed', field: 'texts' },
  { url: '/embed', field: 'inputs' },
]

/** A body that no honest client sends, or that some did, and what it is answered with; undefined: 200 or any refusal. */
export interface Seed {
  readonly about: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly answer?: ErrorCode | 'ok'
}

const deep = 100_000
const fiveMebibytes = 5 * 1_048_576

/** The seeds of one route. */
export const seedsOf = (route: Route): Seed[] => [
  ...notJson(route),
  ...wrongTypes(route),
  ...wrongTexts(route),
  ...wrongBytes(route),
  ...wrongFields(route),
  ...wrongModels(route),
  ...wrongHeaders(route),
]

const seed = (about: string, body: string | Uint8Array, answer?: Seed['answer']): Seed => ({
  about,
  body,
  ...(answer && { answer }),
})

/** A request that would be answered, with fields replaced or added. */
const request = ({ field }: Route, fields: object = {}): string =>
  JSON.stringify({ model: 'fake', [field]: ['x'], ...fields })

/** The same with texts as raw JSON. */
const withTexts = ({ field }: Route, json: string): string => `{"model":"fake","${field}":${json}}`

const notJson = (route: Route): Seed[] =>
  [
    '',
    ' ',
    '{',
    '}',
    '[',
    '{"model"',
    '{"model":',
    `{"model":"fake","${route.field}":`,
    request(route).slice(0, -1),
    `${request(route)}}`,
    `${request(route)}garbage`,
    `${request(route)}${request(route)}`,
    request(route).replaceAll('"', "'"),
    withTexts(route, '[NaN]'),
    withTexts(route, '[Infinity]'),
    withTexts(route, '-Infinity'),
    withTexts(route, 'undefined'),
    withTexts(route, '["\u0001"]'),
    withTexts(route, '["\\x41"]'),
    withTexts(route, '["\\u12"]'),
    withTexts(route, '[01]'),
    withTexts(route, '["x",]'),
    withTexts(route, '["x"]/* */'),
    '\u0000',
    '<xml/>',
    'model=fake&input=x',
    '"unterminated',
    '--boundary\r\ncontent-disposition: form-data; name="model"\r\n\r\nfake\r\n--boundary--',
    '['.repeat(deep),
    '{"a":'.repeat(deep),
  ].map((body) => seed('not JSON', body, 'EG_INPUT_INVALID'))

const wrongTypes = (route: Route): Seed[] =>
  ['null', 'true', '5', '-0', '1e999', '"x"', '[]', '[1,2,3]', `[${request(route)}]`, nested('[', ']'), '{}'].map(
    (body) => seed('JSON, but no request', body, 'EG_INPUT_INVALID'),
  )

const nested = (open: string, close: string, inside = ''): string => open.repeat(deep) + inside + close.repeat(deep)

const wrongTexts = (route: Route): Seed[] => {
  const texts: readonly (readonly [json: string, answer: Seed['answer']])[] = [
    ['null', 'EG_INPUT_INVALID'],
    ['true', 'EG_INPUT_INVALID'],
    ['{}', 'EG_INPUT_INVALID'],
    ['{"length":1,"0":"x"}', 'EG_INPUT_INVALID'],
    ['[null]', 'EG_INPUT_INVALID'],
    ['[true]', 'EG_INPUT_INVALID'],
    ['[{}]', 'EG_INPUT_INVALID'],
    ['[[]]', 'EG_INPUT_INVALID'],
    ['[["x"]]', 'EG_INPUT_INVALID'],
    ['["x",null]', 'EG_INPUT_INVALID'],
    ['["x",["y"]]', 'EG_INPUT_INVALID'],
    ['[{"type":"text","text":"x"}]', 'EG_INPUT_INVALID'],
    [nested('[', ']'), 'EG_INPUT_INVALID'],
    [nested('{"a":', '}', '1'), 'EG_INPUT_INVALID'],
    [nested('{"a":', '}', '{"__proto__":1}'), 'EG_INPUT_INVALID'],
    ['[]', 'EG_INPUT_EMPTY'],
    ['[""]', 'EG_INPUT_EMPTY'],
    ['["x",""]', 'EG_INPUT_EMPTY'],
    ['[1,2,3]', 'EG_INPUT_TOKENS_UNSUPPORTED'],
    ['[[1,2],[3]]', 'EG_INPUT_TOKENS_UNSUPPORTED'],
    ['["x",5]', 'EG_INPUT_TOKENS_UNSUPPORTED'],
    ['[-1e308]', 'EG_INPUT_TOKENS_UNSUPPORTED'],
    [`[${'7,'.repeat(100_000)}7]`, 'EG_INPUT_TOKENS_UNSUPPORTED'],
    [`[${'"",'.repeat(349_000)}""]`, 'EG_INPUT_TOO_MANY'],
    [`[${'"x",'.repeat(2_048)}"x"]`, 'EG_INPUT_TOO_MANY'],
    [`[${`"${'x '.repeat(1_000)}",`.repeat(2_000)}"x"]`, 'EG_INPUT_TOO_LONG'],
    ['["\\ud800"]', 'EG_INPUT_NOT_WELL_FORMED'],
    ['["ok","\\udfff"]', 'EG_INPUT_NOT_WELL_FORMED'],
    ['["\\ude00\\ud83d"]', 'EG_INPUT_NOT_WELL_FORMED'],
    ['["\\ufffd"]', 'ok'],
    ['["\\u0000"]', 'ok'],
    ['[" "]', 'ok'],
    [`[${JSON.stringify('x'.repeat(300_000))}]`, 'ok'],
    ['["__proto__","constructor","toString"]', 'ok'],
  ]
  return texts.map(([json, answer]) => seed('texts', withTexts(route, json), answer))
}

const wrongBytes = (route: Route): Seed[] => {
  const around = withTexts(route, '["@"]').split('@')
  const raw = (...bytes: number[]): Uint8Array =>
    Buffer.concat([Buffer.from(around[0] ?? ''), Buffer.from(bytes), Buffer.from(around[1] ?? '')])
  const notUtf8 = [
    ['a lone byte', raw(0xff)],
    ['a raw surrogate', raw(0xed, 0xa0, 0x80)],
    ['an overlong NUL', raw(0xc0, 0x80)],
    ['above U+10FFFF', raw(0xf4, 0x90, 0x80, 0x80)],
    ['half a character', raw(0xe6, 0x9d)],
    ['latin-1', raw(0xfc)],
    ['UTF-16', Buffer.from(`\ufeff${request(route)}`, 'utf16le')],
  ] as const
  return [
    ...notUtf8.map(([about, body]) => seed(about, body, 'EG_INPUT_NOT_WELL_FORMED')),
    seed('a byte order mark', `\ufeff${request(route)}`),
    seed('a body of zeros', Buffer.alloc(1_000), 'EG_INPUT_INVALID'),
    seed('5 MiB of text', withTexts(route, `["${'x'.repeat(fiveMebibytes)}"]`), 'EG_BODY_TOO_LARGE'),
    seed('5 MiB of nothing', Buffer.alloc(fiveMebibytes), 'EG_BODY_TOO_LARGE'),
  ]
}

const wrongFields = (route: Route): Seed[] => {
  const isOpenAi = route.url === '/v1/embeddings'
  const isTei = route.url === '/embed'
  const only = (reads: boolean, answer: ErrorCode): Seed['answer'] => (reads ? answer : 'ok')
  const values = (field: string, given: readonly unknown[], answer: Seed['answer']): Seed[] =>
    given.map((value) => seed(field, request(route, { [field]: value }), answer))
  const poisoned = ['"__proto__":{"truncate":false}', '"\\u005f_proto__":{}', '"constructor":{"prototype":{"x":1}}']
  return [
    ...values('dimensions', [-1, 0, 1.5, '8', true, [], {}], only(isOpenAi || isTei, 'EG_INPUT_INVALID')),
    ...values('dimensions', [1, 9, 1e9, 2 ** 53], only(isOpenAi || isTei, 'EG_DIMENSIONS_UNSUPPORTED')),
    ...values('dimensions', [8, null], 'ok'),
    ...values('encoding_format', ['', 'hex', 'FLOAT', 5, [], {}, ['float']], only(isOpenAi, 'EG_INPUT_INVALID')),
    ...values('truncate', ['yes', 1, []], only(isTei, 'EG_INPUT_INVALID')),
    ...values('normalize', [false, 'true'], only(isTei, 'EG_INPUT_INVALID')),
    ...values('truncation_direction', ['Left', 5], only(isTei, 'EG_INPUT_INVALID')),
    ...values(isTei ? 'prompt_name' : 'input_type', [5, [], {}, true], 'EG_INPUT_INVALID'),
    ...values('user', [null, 5, {}, 'x'.repeat(100_000)], 'ok'),
    ...values('unknown', [null, { deep: [[[{}]]] }], 'ok'),
    ...poisoned.map((entry) => seed('prototype', request(route).replace('{', `{${entry},`), 'EG_INPUT_INVALID')),
    seed('the same key twice', request(route).replace('{', `{"${route.field}":[5],"model":"nope",`), 'ok'),
  ]
}

const wrongModels = (route: Route): Seed[] => {
  const unknown = ['nope', '__proto__', 'constructor', 'toString', '\u0000', '../..', 'm'.repeat(100_000)]
  return [
    ...[5, true, [], {}, ''].map((model) => seed('model', request(route, { model }), 'EG_INPUT_INVALID')),
    ...unknown.map((model) => seed('model', request(route, { model }), 'EG_MODEL_UNKNOWN')),
    ...[null, undefined].map((model) =>
      seed('model', request(route, { model }), route.url === '/v1/embeddings' ? 'EG_INPUT_INVALID' : 'ok'),
    ),
  ]
}

const wrongHeaders = (route: Route): Seed[] => {
  const header = (name: string, values: readonly string[], answer: Seed['answer']): Seed[] =>
    values.map((value) => ({ ...seed(name, request(route), answer), headers: { [name]: value } }))
  const types = ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'application/jsonp', 'x', '']
  return [
    ...header('content-type', [...types, 'multipart/form-data; boundary=x'], 'EG_MEDIA_TYPE'),
    ...header('content-encoding', ['gzip', 'br', 'deflate, gzip', 'x', ''], 'EG_MEDIA_TYPE'),
    ...header('x-embedgate-priority', ['urgent', '', 'Bulk', 'bulk,bulk', 'x'.repeat(5_000)], 'EG_INPUT_INVALID'),
    ...header('x-embedgate-expect-space', ['', '0', 'null', 'x'.repeat(5_000)], 'EG_SPACE_MISMATCH'),
    ...header('x-stainless-timeout', ['', '-5', '0', 'NaN', '1e309', 'soon', '9'.repeat(5_000)], 'ok'),
    ...header('x-stainless-retry-count', ['', '-1', 'x'], 'ok'),
    ...header('cache-control', ['', ',,,no-store;;', 'no-store=1', 'x'.repeat(5_000)], 'ok'),
    ...header('traceparent', ['', '00-', 'ff-'.repeat(500)], 'ok'),
    ...header('x-request-id', ['', '"><script>', 'x'.repeat(5_000)], 'ok'),
    ...header('authorization', ['', 'Bearer', 'Basic Og==', 'Bearer '.repeat(100)], 'ok'),
    ...header('accept', ['text/html', 'x'], 'ok'),
  ]
}
