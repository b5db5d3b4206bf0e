import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { AlwaysOffSampler, ParentBasedSampler, AlwaysOnSampler } from '@opentelemetry/sdk-trace-node'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { requestSpans, type RequestHead } from '../../../../plugins/tracing/request-spans.ts'
import { endedRequest } from '../../../support/ended-request.ts'
import { recordedSpans } from '../../../support/spans.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = (flags: '00' | '01') => ({ traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}` })
const parentBased = new ParentBasedSampler({ root: new AlwaysOnSampler() })

const head = (changes: Partial<RequestHead> = {}): RequestHead => ({
  id: 'req_1',
  method: 'POST',
  route: '/v1/embeddings',
  headers: {},
  ...changes,
})

const setUp = (sampler = parentBased as ConstructorParameters<typeof ParentBasedSampler>[0]['root']) => {
  const spans = recordedSpans(sampler)
  const clock = fakeClock()
  return { spans, clock, requests: requestSpans(spans, clock) }
}

describe('the server span of a request', () => {
  it('has the name, the kind and the attributes of the HTTP conventions', async () => {
    const { spans, clock, requests } = setUp()
    const trace = requests.begin(head())
    await clock.advance(25)
    requests.end(endedRequest({ trace: trace ?? null }))
    const span = spans.named('POST /v1/embeddings')
    expect(span.kind).toBe(SpanKind.SERVER)
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/embeddings',
      'http.response.status_code': 200,
      request_id: 'req_1',
      tenant: 'a',
      outcome: 'success',
    })
    expect([span.startTime, span.endTime]).toEqual([
      [1_700_000_000, 0],
      [1_700_000_000, 25_000_000],
    ])
  })

  it('never holds a path that is no route', () => {
    const { spans, requests } = setUp()
    const trace = requests.begin(head({ route: undefined }))
    requests.end(endedRequest({ trace: trace ?? null, route: undefined, status: 404 }))
    expect(spans.named('POST').attributes).not.toHaveProperty('http.route')
  })

  it("is in the caller's trace, and keeps its tracestate [O2]", () => {
    const { spans, requests } = setUp()
    const trace = requests.begin(head({ headers: { ...caller('01'), tracestate: 'a=1,b=2' } }))
    expect(trace).toMatchObject({ traceId, tracestate: 'a=1,b=2' })
    expect(trace?.traceparent).toBe(`00-${traceId}-${trace?.spanId}-01`)
    requests.end(endedRequest({ trace: trace ?? null }))
    expect(spans.ended()[0]?.parentSpanContext).toMatchObject({ traceId, spanId: '00f067aa0ba902b7', isRemote: true })
  })

  it.each(['nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `ff-${traceId}-00f067aa0ba902b7-01`])(
    'begins a trace of its own where the caller sent %j',
    (traceparent) => {
      const { requests } = setUp()
      const trace = requests.begin(head({ headers: { traceparent, tracestate: 'a=1' } }))
      expect(trace?.traceId).toMatch(/^[\da-f]{32}$/)
      expect(trace?.traceId).not.toBe(traceId)
      expect(trace?.tracestate).toBeUndefined()
    },
  )

  it('follows the decision of a caller who does not sample', () => {
    const { requests } = setUp()
    const trace = requests.begin(head({ headers: caller('00') }))
    expect(trace).toMatchObject({ traceId, span: undefined, traceparent: `00-${traceId}-${trace?.spanId}-00` })
  })

  it('is no more than ids when it is not sampled', () => {
    const { spans, requests } = setUp(new AlwaysOffSampler())
    const trace = requests.begin(head())
    expect(trace).toMatchObject({
      span: undefined,
      traceparent: expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-00$/),
    })
    requests.end(endedRequest({ trace: trace ?? null }))
    expect(spans.ended()).toEqual([])
  })

  it.each([
    [503, 'EG_OVERLOADED', SpanStatusCode.ERROR],
    [500, undefined, SpanStatusCode.ERROR],
    [400, 'EG_INPUT_INVALID', SpanStatusCode.UNSET],
    [499, 'caller_gone', SpanStatusCode.UNSET],
  ])('with status %i and outcome %s has status code %i', (status, outcome, code) => {
    const { spans, requests } = setUp()
    const trace = requests.begin(head())
    requests.end(endedRequest({ trace: trace ?? null, status, outcome }))
    expect(spans.ended()[0]?.status.code).toBe(code)
  })

  it('ends once with what ends with its answer, the answer on the inner one', () => {
    const { spans, requests } = setUp()
    const trace = requests.begin(head())
    const open = trace?.span && requests.openOf(trace.span)
    if (!trace?.span || !open) throw new Error('not recorded')
    open.embeddings = trace.span.child('embeddings m')
    open.respond = open.embeddings.child('respond')
    requests.end(endedRequest({ trace, summary: { outcome: 'success', backend: 'cpu', tokens: 9 } }))
    expect(spans.ended().map(({ name }) => name)).toEqual(['respond', 'embeddings m', 'POST /v1/embeddings'])
    expect(spans.named('embeddings m').attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 9, backend: 'cpu' })
  })
})
