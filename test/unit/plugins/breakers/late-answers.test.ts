import { describe, expect, it } from 'vitest'
import { probeLimitMs, subject } from './subject.ts'

describe('an answer to a call that began before a change of state', () => {
  it('does not close a half-open breaker', () => {
    const { begin, open, state, breaker } = subject()
    const early = [begin(), begin(), begin()]
    open('half-open')
    for (const permit of early) permit.end('success')
    expect(state()).toBe('half-open')
    expect(breaker.status().successes?.counted).toBe(0)
  })

  it('does not open a half-open breaker again', () => {
    const { begin, open, state, transitions } = subject()
    const early = begin()
    open('half-open')
    early.end('failure')
    expect(state()).toBe('half-open')
    expect(transitions.map(({ to }) => to)).toEqual(['open', 'half-open'])
  })

  it("does not free a probe's place", () => {
    const { begin, open, breaker } = subject()
    const early = begin()
    open('half-open')
    begin()
    early.end('neutral')
    expect(breaker.begin(probeLimitMs)).toBeUndefined()
  })

  it('does not count in the windows of the closed breaker', () => {
    const { begin, open, calls, state, breaker } = subject()
    const early = Array.from({ length: 50 }, begin)
    open('half-open')
    calls(2, 'success')
    for (const permit of early) permit.end('failure')
    expect(state()).toBe('closed')
    expect(breaker.status().windows.rate).toEqual({ calls: 0, failures: 0 })
  })

  it('does not count after a reset', () => {
    const { begin, breaker, state } = subject()
    const early = Array.from({ length: 50 }, begin)
    breaker.reset()
    for (const permit of early) permit.end('failure')
    expect(state()).toBe('closed')
  })

  it('does not extend the cool-down of an open breaker', () => {
    const { begin, open, wait, breaker } = subject()
    const early = begin()
    open()
    wait(10_000)
    early.end('failure')
    expect(breaker.bar()?.retryAfterMs).toBe(20_000)
  })
})

describe('a permit', () => {
  it('ends once: a second end changes nothing', () => {
    const { begin, breaker, open } = subject()
    const call = begin()
    call.end('failure')
    call.end('failure')
    expect(breaker.status().windows.rate).toEqual({ calls: 1, failures: 1 })
    breaker.reset()
    open('half-open')
    const probe = begin()
    probe.end('neutral')
    begin()
    probe.end('neutral')
    expect(breaker.begin(probeLimitMs)).toBeUndefined()
  })

  it('of a probe that was given up says nothing when it ends after all', () => {
    const { begin, open, wait, state, breaker } = subject()
    open('half-open')
    const lost = begin()
    wait(5_000)
    expect(state()).toBe('open')
    wait(30_000)
    begin()
    lost.end('success')
    lost.end('failure')
    expect(state()).toBe('half-open')
    expect(breaker.begin(probeLimitMs)).toBeUndefined()
  })
})
