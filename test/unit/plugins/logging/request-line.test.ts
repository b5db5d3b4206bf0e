import { describe, expect, it } from 'vitest'
import { endedRequest as request } from '../../../support/ended-request.ts'
import { levelOf, requestFields } from '../../../../plugins/logging/request-line.ts'

describe('requestFields', () => {
  it('says what a request turned out to be', () => {
    const summary = {
      outcome: 'success',
      model: 'm',
      backend: 'cpu',
      texts: 2,
      tokens: 9,
      cache: 'miss',
      degraded: false,
      attempts: 1,
    } as const
    expect(requestFields(request({ summary }))).toEqual({
      request_id: 'req_1',
      method: 'POST',
      route: '/v1/embeddings',
      status: 200,
      duration_ms: 1.23,
      tenant: 'a',
      model: 'm',
      backend: 'cpu',
      texts: 2,
      tokens: 9,
      cache: 'miss',
      degraded: false,
      attempts: 1,
    })
  })

  it('says from which tier an answer fell, and why', () => {
    const summary = { outcome: 'success', degraded: true, degradedFrom: 'gpu', degradedReason: 'breaker_open' }
    expect(requestFields(request({ summary }))).toMatchObject({
      degraded: true,
      degraded_from: 'gpu',
      degraded_reason: 'breaker_open',
    })
  })

  it('carries the code of an error, and the id of the trace', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const fields = requestFields(request({ traceparent, status: 503, summary: { outcome: 'EG_OVERLOADED' } }))
    expect(fields).toMatchObject({ code: 'EG_OVERLOADED', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' })
  })

  it.each([undefined, '', 'x'.repeat(55), `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, 'a\n'.repeat(30)])(
    'names no trace for the header %j',
    (traceparent) => expect(requestFields(request({ traceparent }))).not.toHaveProperty('trace_id'),
  )

  it("names the request's own span where requests are traced, whatever the caller's header", () => {
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceparent: '', span: undefined }
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    expect(requestFields(request({ trace, traceparent }))).toMatchObject({
      trace_id: 'a'.repeat(32),
      span_id: 'b'.repeat(16),
    })
  })

  it('says what computed and in how large a batch, where that is known [O3]', () => {
    const summary = { outcome: 'success', device: 'cuda', batchTexts: 7 }
    expect(requestFields(request({ summary }))).toMatchObject({ device: 'cuda', batch_size: 7 })
    expect(requestFields(request({ summary: { outcome: 'success' } }))).not.toHaveProperty('batch_size')
  })

  it('never logs a path that a caller made up', () => {
    expect(requestFields(request({ route: undefined }))).toMatchObject({ route: 'other' })
  })
})

describe('levelOf', () => {
  it.each([
    [200, '/v1/embeddings', 'info'],
    [400, '/v1/embeddings', 'info'],
    [499, '/v1/embeddings', 'info'],
    [503, '/v1/embeddings', 'warn'],
    [200, '/health/live', 'debug'],
    [503, '/health/ready', 'warn'],
    [200, '/metrics', 'debug'],
    [404, undefined, 'info'],
  ] as const)('is for %i on %s: %s', (status, route, level) => {
    expect(levelOf({ status, route })).toBe(level)
  })
})
