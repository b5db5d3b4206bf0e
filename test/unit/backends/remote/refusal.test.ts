import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../../../backends/remote/refusal.ts'
import { outcomeOf, reasonOf } from '../../../../gateway/core/errors.ts'

const answer = (status: number, body: unknown = '', headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const overBatchSize = 'input is too large to process. increase the physical batch'
const classOf = (...given: Parameters<typeof answer>): string[] => {
  const error = refusalOf(answer(...given), 0)
  return [outcomeOf(error), reasonOf(error)]
}

describe('an answer that is no 200', () => {
  it.each([500, 502, 503, 504, 300, 301, 302, 307, 308, 204, 401, 402, 403, 404, 405, 408, 409, 424])(
    'of %i is a failure of the engine or of its entry, never the caller',
    (status) => {
      expect(classOf(status)).toEqual(['failure', 'status'])
    },
  )

  it('of 429, or 503 with a time, means that the engine is full, and says until when', () => {
    expect(classOf(429)).toEqual(['overload', 'busy'])
    expect(refusalOf(answer(429, '', { 'retry-after': '7' }), 0)).toMatchObject({ fault: 'busy', retryAfterMs: 7_000 })
    expect(refusalOf(answer(503, '', { 'retry-after': '2' }), 0)).toMatchObject({ fault: 'busy', retryAfterMs: 2_000 })
  })

  it('of 503 with no time of its own is an outage, whatever it says of rate limits', () => {
    expect(classOf(503, '', { 'x-ratelimit-reset-requests': '8ms' })).toEqual(['failure', 'status'])
    expect(classOf(429, '', { 'x-ratelimit-reset-requests': '8ms' })).toEqual(['overload', 'busy'])
  })

  it.each([400, 413, 422])('of %i is the fault of the input', (status) => {
    expect(classOf(status, { error: { message: 'no', param: 'input' } })[0]).toBe('caller')
  })

  it.each([
    [429, { error: { code: 'insufficient_quota' } }],
    [400, { error: { code: 'invalid_api_key' } }],
    [400, { error: { code: 'model_not_found' } }],
    [400, { error: { param: 'dimensions', message: 'not supported' } }],
    [400, { error: { param: 'encoding_format', message: 'not supported' } }],
  ])('of %i with %j is the fault of the entry', (status, body) => {
    expect(classOf(status, body)).toEqual(['failure', 'status'])
  })

  it.each([
    [400, { error: { message: "This model's maximum context length is 8192 tokens, however you requested 9000" } }],
    [400, { error: { message: "Invalid 'input[0]': maximum input length is 8192 tokens.", param: 'input' } }],
    [400, { error: { message: 'no', code: 'context_length_exceeded' } }],
    [
      400,
      {
        object: 'error',
        message: "This model's maximum context length is 512 tokens.",
        type: 'BadRequestError',
        code: 400,
      },
    ],
    [400, { error: { message: 'the input length exceeds the context length', type: 'api_error' } }],
    [
      413,
      {
        error: 'Input validation error: `inputs` must have less than 512 tokens. Given: 900',
        error_type: 'Validation',
      },
    ],
    [422, { error: '`inputs` must have less than 512 tokens. Given: 900', error_type: 'Validation' }],
    [400, { error: { code: 'EG_INPUT_TOO_LONG', message: 'text 0 has 900 tokens' } }],
    [413, '<html>413 Request Entity Too Large</html>'],
    [500, { error: { code: 500, message: `${overBatchSize} size`, type: 'server_error' } }],
    [500, { error: { code: 500, message: `${overBatchSize} size (current batch size: 512)`, type: 'server_error' } }],
    [
      500,
      {
        error: {
          code: 500,
          message: 'input (900 tokens) is too large to process. increase the physical batch size',
          type: 'server_error',
        },
      },
    ],
  ])('of %i with %j says that a text is too long', (status, body) => {
    expect(classOf(status, body)).toEqual(['caller', 'EG_INPUT_TOO_LONG'])
  })

  it.each([
    ['Requested 416735 tokens, max 300000 tokens per request', 500],
    ['the maximum context length is 512 tokens', 500],
    ['the engine said: input is too large to process. increase the physical batch size', 500],
    ['input is too large to process. increase the physical batch size', 502],
  ])('of 5xx with "%s" is a failure: only llama.cpp refuses a text by 500', (message, status) => {
    expect(classOf(status, { error: { message } })).toEqual(['failure', 'status'])
  })

  it.each([
    [413, '<html>413 Request Entity Too Large</html>'],
    [
      400,
      {
        error: {
          message: 'Requested 416735 tokens, max 300000 tokens per request',
          type: 'max_tokens_per_request',
          param: null,
          code: 'max_tokens_per_request',
        },
      },
    ],
  ])('of %i with %j says that several texts are too much together, and of one that it is too long', (status, body) => {
    expect(reasonOf(refusalOf(answer(status, body), 0, 2))).toBe('EG_INPUT_TOO_MANY')
    expect(reasonOf(refusalOf(answer(status, body), 0, 1))).toBe('EG_INPUT_TOO_LONG')
  })

  it.each([
    { error: { message: 'Request body is too large', code: 413 } },
    { error: 'request entity too large' },
    { error: { code: 'EG_BODY_TOO_LARGE', message: 'the request body is too large', type: 'invalid_request_error' } },
    { statusCode: 413, error: 'Payload Too Large', message: 'Request body is too large' },
    { detail: 'The request was too large' },
    { message: 'request size is too large' },
  ])('of 413 with %j speaks of the body, and so of no single one of several texts', (body) => {
    expect(reasonOf(refusalOf(answer(413, body), 0, 2))).toBe('EG_INPUT_TOO_MANY')
    expect(reasonOf(refusalOf(answer(413, body), 0, 1))).toBe('EG_INPUT_TOO_LONG')
  })

  it.each(['the input is too long', 'text 3 of the request body has a sentence too long', 'Input too large'])(
    'of 413 with "%s" speaks of one text',
    (message) => {
      expect(reasonOf(refusalOf(answer(413, { error: { message } }), 0, 2))).toBe('EG_INPUT_TOO_LONG')
    },
  )

  it('of 413 that speaks of one text says that it is too long, however many were sent', () => {
    const body = { error: '`inputs` must have less than 512 tokens. Given: 900', error_type: 'Validation' }
    expect(reasonOf(refusalOf(answer(413, body), 0, 2))).toBe('EG_INPUT_TOO_LONG')
  })

  it('has its code repeated when that is an identifier, and nothing else of it', () => {
    const secret = 'the text of somebody'
    const bodies = [
      { error: { message: secret, code: 'bad_thing' } },
      { error: { message: secret, code: secret } },
      { error: secret, error_type: 'bad_thing' },
      { message: secret, detail: secret, code: 5, type: 'bad_thing' },
    ]
    for (const status of [400, 401, 429, 500]) {
      const messages = bodies.map((body) => refusalOf(answer(status, body), 0).message)
      expect(messages.join()).not.toContain(secret)
      expect(messages.filter((message) => message.includes('bad_thing'))).toHaveLength(3)
    }
  })

  it.each(['', 'null', '[]', '"text"', '{"error":null}', '{"error":[1]}', '{', '\u0000'])('may hold %j', (body) => {
    expect(classOf(400, body)).toEqual(['caller', 'EG_INPUT_REJECTED'])
  })
})
