import { describe, expect, it } from 'vitest'
import { parentSpanOf, traceContextOf } from '../../../gateway/core/traceparent.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

describe('parentSpanOf', () => {
  it('reads the span that a traceparent names', () => {
    expect(parentSpanOf(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, traceFlags: 1 })
    expect(parentSpanOf(`00-${traceId}-${spanId}-00`)).toEqual({ traceId, spanId, traceFlags: 0 })
  })

  it('reads what a later version has in common with this one, whatever it adds', () => {
    expect(parentSpanOf(`cc-${traceId}-${spanId}-01-what-comes`)).toEqual({ traceId, spanId, traceFlags: 1 })
  })

  it.each([
    '',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}-0x`,
    ` 00-${traceId}-${spanId}-01`,
  ])('reads nothing from %j', (traceparent) => {
    expect(parentSpanOf(traceparent)).toBeUndefined()
  })
})

describe('traceContextOf', () => {
  const traceparent = `00-${traceId}-${spanId}-01`

  it('keeps a tracestate as it is', () => {
    expect(traceContextOf({ traceparent, tracestate: 'vendor=a:b, other=c' })).toEqual({
      traceparent,
      tracestate: 'vendor=a:b, other=c',
    })
  })

  it.each([['', 'é', 'x'.repeat(513), 'a\nb'].map((each) => each)].flat())('drops the tracestate %j', (tracestate) => {
    expect(traceContextOf({ traceparent, tracestate })).toEqual({ traceparent })
  })

  it('is nothing without a traceparent that is one, whatever the tracestate', () => {
    expect(traceContextOf({ tracestate: 'a=1' })).toBeUndefined()
    expect(traceContextOf({ traceparent: [traceparent, traceparent], tracestate: 'a=1' })).toBeUndefined()
  })
})
