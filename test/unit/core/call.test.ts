import { describe, expect, it } from 'vitest'
import { openCall } from '../../../gateway/core/call.ts'
import { deadlineIn } from '../../../gateway/core/deadline.ts'
import { BackendError, CallerGone, GatewayError } from '../../../gateway/core/errors.ts'
import type { Span } from '../../../gateway/core/span.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'

const span = { traceparent: 'the-span', tracestate: 'a=1' } as Span

const facts = { requestId: 'r', tenant: 't', cache: 'default' } as const

const open = (budgetMs = 1_000) => {
  const clock = fakeClock()
  return { clock, call: openCall(clock, facts, 'bulk', deadlineIn(clock, budgetMs)) }
}

describe('a call', () => {
  it('ends with EG_DEADLINE when its time is up', async () => {
    const { clock, call } = open()
    await clock.advance(999)
    expect(call.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(call.signal.reason).toBeInstanceOf(GatewayError)
    expect(call.signal.reason).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('keeps no timer once it is released', () => {
    const { clock, call } = open()
    call.release()
    expect(clock.pending).toBe(0)
  })

  it('keeps the first reason when it is ended twice', () => {
    const { call } = open()
    call.abort(new CallerGone())
    call.abort(new Error('later'))
    expect(call.signal.reason).toBeInstanceOf(CallerGone)
  })

  it('makes its signal when it is asked for, also after the end', () => {
    const { call } = open()
    const reason = new CallerGone()
    call.abort(reason)
    expect(call.signal.aborted).toBe(true)
    expect(call.signal.reason).toBe(reason)
    expect(call.signal).toBe(call.signal)
  })

  it('says what ended it, to whoever listens then or asks later, once', async () => {
    const { clock, call } = open(100)
    const heard: unknown[] = []
    call.onEnd((reason) => heard.push(reason))
    call.onEnd(() => expect.unreachable())()
    expect(call.endedBy).toBeUndefined()
    await clock.advance(100)
    call.abort(new CallerGone())
    call.onEnd((reason) => heard.push(reason))
    expect(call.endedBy).toMatchObject({ code: 'EG_DEADLINE' })
    expect(heard).toEqual([call.endedBy, call.endedBy])
  })

  it('tells listeners of a raised class once, and never lowers it', () => {
    const { call } = open()
    const heard: string[] = []
    const stop = call.onRaise((priority) => heard.push(priority))
    call.raise('bulk')
    call.raise('interactive')
    call.raise('interactive')
    call.raise('bulk')
    stop()
    expect(heard).toEqual(['interactive'])
    expect(call.priority).toBe('interactive')
  })
})

describe('a call within a call', () => {
  it('ends with a timeout fault when only the attempt is out of time', async () => {
    const { clock, call } = open()
    const attempt = call.within(100)
    await clock.advance(100)
    expect(attempt.signal.reason).toBeInstanceOf(BackendError)
    expect(attempt.signal.reason).toMatchObject({ fault: 'timeout', outcome: 'failure' })
    expect(call.signal.aborted).toBe(false)
  })

  it('ends with EG_DEADLINE when the request has less time than the attempt', async () => {
    const { clock, call } = open()
    const attempt = call.within(5_000)
    await clock.advance(1_000)
    expect(attempt.signal.reason).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('ends with the reason given when that is not a timeout', async () => {
    const { clock, call } = open()
    const attempt = call.within(10, () => new BackendError('busy', 'queued too long'))
    await clock.advance(10)
    expect(attempt.signal.reason).toMatchObject({ fault: 'busy', outcome: 'overload' })
  })

  it('ends with the request and says why', () => {
    const { call } = open()
    const attempt = call.within(100)
    call.abort(new CallerGone())
    expect(attempt.signal.reason).toBeInstanceOf(CallerGone)
  })

  it('is over from the start when the request is', () => {
    const { clock, call } = open()
    call.abort(new CallerGone())
    expect(call.within(100).signal.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('leaves no timer when it is released, however many there were', async () => {
    const { clock, call } = open()
    for (let attempt = 0; attempt < 1_000; attempt++) call.within(100).release()
    expect(clock.pending).toBe(1)
    await clock.advance(999)
    expect(call.signal.aborted).toBe(false)
  })

  it('raises the class of the whole request', () => {
    const { call } = open()
    call.within(100).raise('interactive')
    expect(call.priority).toBe('interactive')
  })

  it('tells the progress of an attempt to whoever listens to the request, until they stop', () => {
    const { call } = open()
    const seen: number[] = []
    const stop = call.onProgress((tokens) => seen.push(tokens))
    call.within(100).progress(7)
    call.progress(5)
    stop()
    call.progress(3)
    expect(seen).toEqual([7, 5])
  })

  it('is traced as a part of it that shares its end, its class and its deadline', () => {
    const { call } = open()
    const own = call.traced(span)
    expect([own.span, own.traceparent, own.tracestate]).toEqual([span, 'the-span', 'a=1'])
    expect([own.within(10).span, own.within(10).traceparent]).toEqual([span, 'the-span'])
    expect(own.deadline).toBe(call.deadline)
    own.raise('interactive')
    expect(call.priority).toBe('interactive')
    call.abort(new CallerGone())
    expect(own.endedBy).toBeInstanceOf(CallerGone)
    expect([call.span, call.traceparent]).toEqual([undefined, undefined])
  })

  it('does not end a traced part that has been released', () => {
    const { call } = open()
    const own = call.traced(span)
    own.release()
    call.abort(new CallerGone())
    expect(own.endedBy).toBeUndefined()
  })
})
