import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import type { Call } from '../../../../gateway/core/call.ts'
import { computed } from '../../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../../gateway/core/errors.ts'
import type { EmbedFn, Where } from '../../../../gateway/core/layer.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { requestSpans } from '../../../../plugins/tracing/request-spans.ts'
import { traceRequest } from '../../../../plugins/tracing/trace-request.ts'
import { traceTry } from '../../../../plugins/tracing/trace-try.ts'
import { endedRequest } from '../../../support/ended-request.ts'
import { recordedSpans } from '../../../support/spans.ts'

const where = { model: { name: 'm' }, tier: 'cpu', backend: { name: 'cpu', replica: 1 } } as Where
const answer = computed([[1]], 1, [1])

/** A chain of the two layers, around a backend. */
const setUp = (backend: EmbedFn, lightly = true) => {
  const spans = recordedSpans(undefined, lightly)
  const clock = fakeClock()
  const requests = requestSpans(spans, clock)
  const oneTry = traceTry()(backend, where)
  const around = (inner: EmbedFn): EmbedFn => traceRequest(requests)(inner, where)
  const head = { id: 'r', method: 'POST', route: '/x', headers: {} }
  const begin = () => requests.begin(head)
  const callIn = (trace: ReturnType<typeof begin>): Call => callOf(clock, trace?.span ? { span: trace.span } : {})
  const end = (trace: ReturnType<typeof begin>): void => {
    requests.end(endedRequest({ trace: trace ?? null }))
  }
  return { spans, clock, oneTry, around, begin, callIn, end, requests }
}

describe('the spans of a request in the chain', () => {
  it.each([true, false])('stand as the interface says, made lightly: %s', async (lightly) => {
    const { spans, around, oneTry, begin, callIn, end } = setUp(async () => answer, lightly)
    const trace = begin()
    await around(oneTry)(batchOf(['a']), callIn(trace))
    end(trace)
    expect(spans.tree()).toEqual({ 'POST /x': { 'embeddings m': { validate: {}, 'attempt cpu': {}, respond: {} } } })
    expect(spans.named('attempt cpu').kind).toBe(SpanKind.CLIENT)
    expect(spans.named('attempt cpu').attributes).toEqual({
      backend: 'cpu',
      replica: 1,
      texts: 1,
      'attempt.number': 1,
      outcome: 'success',
    })
  })

  it('numbers the tries of a request, and names the fault of one that failed', async () => {
    let tries = 0
    const { spans, around, oneTry, begin, callIn, end } = setUp(async () => {
      if (++tries === 1) throw new BackendError('timeout', 'a text: secret')
      return answer
    })
    const trace = begin()
    const twice: EmbedFn = (batch, call) => oneTry(batch, call).catch(() => oneTry(batch, call))
    await around(twice)(batchOf(['a']), callIn(trace))
    end(trace)
    const attempts = spans.ended().filter(({ name }) => name === 'attempt cpu')
    expect(attempts.map(({ attributes }) => attributes)).toMatchObject([
      { 'attempt.number': 1, outcome: 'failure', 'error.type': 'timeout' },
      { 'attempt.number': 2, outcome: 'success' },
    ])
    expect(attempts[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'timeout' })
  })

  it('are no errors where the tier did nothing wrong', async () => {
    const { spans, around, oneTry, begin, callIn } = setUp(() => Promise.reject(new BackendError('miss', 'not stored')))
    await expect(around(oneTry)(batchOf(['a']), callIn(begin()))).rejects.toThrow()
    const { status, attributes } = spans.named('attempt cpu')
    expect([status.code, attributes['outcome'], attributes['reason']]).toEqual([
      SpanStatusCode.UNSET,
      'neutral',
      'miss',
    ])
    expect(attributes).not.toHaveProperty('error.type')
  })

  it('begins numbering anew with each request', async () => {
    const { spans, around, oneTry, begin, callIn } = setUp(async () => answer)
    for (let count = 0; count < 2; count++) await around(oneTry)(batchOf(['a']), callIn(begin()))
    const numbers = spans.ended().flatMap(({ attributes }) => attributes['attempt.number'] ?? [])
    expect(numbers).toEqual([1, 1])
  })

  it('end with the error of the chain, by its name and not by its message', async () => {
    const { spans, around, begin, callIn } = setUp(async () => answer)
    const failing: EmbedFn = () => Promise.reject(new BackendError('busy', 'a text: secret'))
    await expect(around(failing)(batchOf(['a']), callIn(begin()))).rejects.toThrow()
    expect(spans.named('embeddings m').status).toEqual({ code: SpanStatusCode.ERROR, message: 'busy' })
    expect(
      JSON.stringify(spans.ended().map(({ attributes, events, status }) => [attributes, events, status])),
    ).not.toContain('secret')
  })

  it('are not there where the call has none, and the call goes on as it is', async () => {
    const calls: Call[] = []
    const { spans, around, oneTry } = setUp(async (_batch, call) => {
      calls.push(call)
      return answer
    })
    const call = callOf()
    await around(oneTry)(batchOf(['a']), call)
    expect(calls).toEqual([call])
    expect(calls[0]).toBe(call)
    expect(spans.ended()).toEqual([])
  })

  it('name the try to whoever computes: the header of what is sent on', async () => {
    const sent: (string | undefined)[] = []
    const { spans, around, oneTry, begin, callIn } = setUp(async (_batch, call) => {
      sent.push(call.traceparent, call.within(5).traceparent)
      return answer
    })
    await around(oneTry)(batchOf(['a']), callIn(begin()))
    const { traceId, spanId } = spans.named('attempt cpu').spanContext()
    expect(sent).toEqual([`00-${traceId}-${spanId}-01`, `00-${traceId}-${spanId}-01`])
  })

  it('end what the caller has ended, and leave no listener on its call', async () => {
    const { around, oneTry, begin, callIn } = setUp((_batch, call) => {
      return new Promise((_resolve, reject) => void call.onEnd(reject))
    })
    const call = callIn(begin()) as ReturnType<typeof callOf>
    const out = around(oneTry)(batchOf(['a']), call)
    call.abort(new Error('gone'))
    await expect(out).rejects.toThrow('gone')
  })

  it('put validate before the chain, since the body was read', async () => {
    const { spans, clock, around, oneTry, begin, callIn, end, requests } = setUp(async () => answer)
    const trace = begin()
    await clock.advance(10)
    const open = trace?.span && requests.openOf(trace.span)
    if (open) open.handledAtMs = clock.now()
    await clock.advance(5)
    await around(oneTry)(batchOf(['a']), callIn(trace))
    end(trace)
    expect(spans.named('validate').startTime).toEqual([1_700_000_000, 10_000_000])
    expect(spans.named('validate').endTime).toEqual([1_700_000_000, 15_000_000])
    expect(spans.named('embeddings m').startTime).toEqual([1_700_000_000, 10_000_000])
  })
})
