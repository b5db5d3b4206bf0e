import { describe, expect, it } from 'vitest'
import { anybody, type Identity } from '../../../gateway/core/identity.ts'
import { openRequestCall } from '../../../gateway/http/open-call.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'

const limits = { requestTimeoutMs: 10_000, bulkTimeoutMs: 120_000, bulkTokens: 100 }

const open = (headers: Record<string, string>, tokens = 1, identity: Identity = anybody) =>
  openRequestCall(fakeClock(), { id: 'req_1', headers, identity, trace: null }, tokens, limits)

describe('openRequestCall', () => {
  it('is interactive with the deadline of a request', () => {
    const call = open({})
    expect(call).toMatchObject({ requestId: 'req_1', tenant: 'default', priority: 'interactive', cache: 'default' })
    expect(call.deadline.remainingMs()).toBe(10_000)
  })

  it('is bulk with the deadline of bulk when many tokens are estimated', () => {
    expect(open({}, 100).priority).toBe('interactive')
    expect(open({}, 101).priority).toBe('bulk')
    expect(open({}, 101).deadline.remainingMs()).toBe(120_000)
  })

  it('lets the header decide the class, in both directions', () => {
    expect(open({ 'x-embedgate-priority': 'interactive' }, 101).priority).toBe('interactive')
    expect(open({ 'x-embedgate-priority': 'interactive' }, 101).deadline.remainingMs()).toBe(10_000)
    expect(open({ 'x-embedgate-priority': 'bulk' }).deadline.remainingMs()).toBe(120_000)
  })

  it("takes the key's tenant and its class", () => {
    const identity: Identity = { name: 'k', tenant: 'a', priority: 'bulk' }
    expect(open({}, 1, identity)).toMatchObject({ tenant: 'a', priority: 'bulk' })
    expect(open({ 'x-embedgate-priority': 'interactive' }, 1, identity).priority).toBe('interactive')
  })

  it.each(['urgent', '', 'Bulk', 'bulk, bulk'])('refuses the priority %j', (priority) => {
    expect(() => open({ 'x-embedgate-priority': priority })).toThrow('x-embedgate-priority must be')
  })

  it.each([
    ['2.5', 2500],
    ['600', 10_000],
    ['0', 10_000],
    ['-1', 10_000],
    ['NaN', 10_000],
    ['soon', 10_000],
    ['Infinity', 10_000],
  ])('lets x-stainless-timeout %s only shorten the deadline', (seconds, remainingMs) => {
    expect(open({ 'x-stainless-timeout': seconds }).deadline.remainingMs()).toBe(remainingMs)
  })

  it.each([
    ['no-store', 'no-store'],
    ['No-Cache', 'no-cache'],
    ['no-cache, no-store', 'no-store'],
    ['max-age=0, no-cache', 'no-cache'],
    ['max-age=0', 'default'],
    ['x-no-store', 'default'],
  ])('reads cache-control: %s as %s', (header, directive) => {
    expect(open({ 'cache-control': header }).cache).toBe(directive)
  })

  it('passes a well-formed traceparent on, and no other', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect(open({ traceparent }).traceparent).toBe(traceparent)
    expect(open({ traceparent: 'nonsense' }).traceparent).toBeUndefined()
    expect(open({ traceparent, tracestate: 'a=1' })).toMatchObject({ traceparent, tracestate: 'a=1' })
    expect(open({ traceparent, tracestate: 'x'.repeat(513) }).tracestate).toBeUndefined()
  })

  it("is part of the request's own span where requests are traced", () => {
    const trace = { traceparent: '00-1', tracestate: 'a=1', traceId: '1', spanId: '2', span: undefined }
    const request = { id: 'req_1', headers: { traceparent: 'callers' }, identity: anybody, trace }
    expect(openRequestCall(fakeClock(), request, 1, limits)).toMatchObject({ traceparent: '00-1', tracestate: 'a=1' })
  })
})
