import { describe, expect, it } from 'vitest'
import { CallerGone, GatewayError } from '../../../../gateway/core/errors.ts'
import { failedExchange, refusedAnswer } from '../../../../plugins/proxy/fault.ts'
import { mergedQuery, requestHeaders } from '../../../../plugins/proxy/headers.ts'

const refused = (statusCode: number, headers: Record<string, string> = {}) =>
  refusedAnswer({ statusCode, headers }, 1_000, Date.UTC(2026, 0, 1))

describe('an answer of an engine', () => {
  it.each([200, 201, 204, 400, 404, 413, 422])('of %i is passed on', (statusCode) => {
    expect(refused(statusCode)).toBeUndefined()
  })

  it.each([301, 302, 307, 308, 401, 402, 403, 407, 500, 502, 503, 504])('of %i is not', (statusCode) => {
    expect(refused(statusCode)).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
  })

  it.each([429, 503])('of %i with a time means that the engine is full', (statusCode) => {
    expect(refused(statusCode, { 'retry-after': '7' })).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 7_000 })
  })

  it('that is full may say when to come back by a date, and no longer than an hour', () => {
    const at = (date: string) => refused(503, { 'retry-after': date })
    expect(at('Thu, 01 Jan 2026 00:00:30 GMT')).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 30_000 })
    expect(at('Fri, 01 Jan 2027 00:00:00 GMT')).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 3_600_000 })
    expect(refused(429)).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 1_000 })
    expect(refused(503, { 'retry-after': 'soon' })).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
  })

  it('is not passed on when it is packed or too long', () => {
    expect(refused(200, { 'content-encoding': 'gzip' })).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
    expect(refused(200, { 'content-length': '1001' })).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
    expect(refused(200, { 'content-length': '1000', 'content-encoding': 'identity' })).toBeUndefined()
  })

  it('that never came is the deadline, or an engine that cannot be reached, without its address', () => {
    const deadline = new GatewayError('EG_DEADLINE', 'late')
    expect(failedExchange(new Error('wrapped', { cause: deadline }))).toBe(deadline)
    const failed = failedExchange(new Error('x', { cause: new Error('connect ECONNREFUSED 10.0.0.1:80') }))
    expect(failed).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED', message: 'the engine could not be reached' })
    const gone = new CallerGone()
    expect(failedExchange(new Error('wrapped', { cause: gone }))).toBe(gone)
  })
})

describe('a request that is passed on', () => {
  const passThrough = {
    routes: [],
    origin: '',
    target: String,
    headers: { authorization: 'Bearer own', accept: 'a/b' },
  }

  it('has the headers of the entry, and of the caller only what says what it sends and takes', () => {
    const callers = {
      authorization: 'Bearer callers',
      cookie: 'a=b',
      host: 'gateway',
      connection: 'upgrade',
      upgrade: 'websocket',
      te: 'trailers',
      'x-forwarded-for': '10.0.0.1',
      'proxy-authorization': 'x',
      'content-type': 'application/json',
      'content-length': '2',
      accept: 'application/json',
      traceparent: '00-11111111111111111111111111111111-2222222222222222-01',
    }
    const trace = { traceparent: callers.traceparent, tracestate: 'a=1' }
    expect(requestHeaders(passThrough, callers, 'req-1', trace)).toEqual({
      authorization: 'Bearer own',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'content-length': '2',
      traceparent: callers.traceparent,
      tracestate: 'a=1',
      'x-request-id': 'req-1',
    })
    expect(requestHeaders(passThrough, callers, 'r', undefined)).not.toHaveProperty('traceparent')
  })

  it("has the caller's query, and the entry's, which has the last word", () => {
    expect(mergedQuery('a=1&api-version=evil&b=%2F', 'api-version=2024')).toBe('a=1&api-version=2024&b=%2F')
    expect(mergedQuery('', '')).toBe('')
  })
})
