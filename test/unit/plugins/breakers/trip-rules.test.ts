import { describe, expect, it } from 'vitest'
import { subject } from './subject.ts'

describe('the burst rule', () => {
  it('[R1] opens at the fifth failure within 10 s', () => {
    const { calls, state, transitions } = subject()
    calls(4, 'failure', 2_000)
    expect(state()).toBe('closed')
    calls(1, 'failure')
    expect(state()).toBe('open')
    expect(transitions).toEqual([
      { from: 'closed', to: 'open', cause: 'burst', counts: { calls: 5, failures: 5 }, cooldownMs: 30_000 },
    ])
  })

  it('stays closed when failures are further apart', () => {
    const { calls, state } = subject()
    calls(19, 'failure', 2_500)
    expect(state()).toBe('closed')
  })

  it('[R6] scales with the rate of calls: 1 % of errors at 50 calls a second is no burst', () => {
    const { calls, state } = subject()
    for (let minute = 0; minute < 60; minute++) {
      calls(99, 'success', 20)
      calls(1, 'failure', 20)
    }
    expect(state()).toBe('closed')
  })

  it('[R6] asks for a fifth of the calls in the window, no less', () => {
    const { calls, state } = subject()
    calls(36, 'success')
    calls(8, 'failure')
    expect(state()).toBe('closed')
    calls(1, 'failure')
    expect(state()).toBe('open')
  })
})

describe('the rate rule', () => {
  /** Keeps the burst rule out of it. */
  const slowly = { burst: { failures: 1_000 } }

  it('[R1] opens when more than half of at least 20 calls in 60 s have failed', () => {
    const { calls, state, transitions } = subject(slowly)
    calls(9, 'success', 2_000)
    calls(10, 'failure', 2_000)
    expect(state()).toBe('closed')
    calls(1, 'failure')
    expect(transitions).toEqual([
      { from: 'closed', to: 'open', cause: 'rate', counts: { calls: 20, failures: 11 }, cooldownMs: 300_000 },
    ])
  })

  it('stays closed at exactly half', () => {
    const { calls, state } = subject(slowly)
    calls(20, 'success', 1_000)
    calls(20, 'failure', 1_000)
    expect(state()).toBe('closed')
  })

  it('says nothing of fewer than 20 calls', () => {
    const { calls, state } = subject(slowly)
    calls(19, 'failure', 1_000)
    expect(state()).toBe('closed')
  })

  it('forgets calls that are older than a minute', () => {
    const { calls, state, wait } = subject(slowly)
    calls(19, 'failure')
    wait(60_000)
    calls(100, 'failure', 3_200)
    expect(state()).toBe('closed')
  })

  it('goes before the burst rule when both are broken, because it asks for more', () => {
    const { calls, transitions } = subject({ burst: { failures: 20 } })
    calls(20, 'failure')
    expect(transitions).toMatchObject([{ cause: 'rate' }])
  })
})

describe('what counts', () => {
  it('only a failure opens, not a success that makes the calls enough', () => {
    const { calls, state } = subject({ burst: { failures: 1_000 } })
    calls(19, 'failure')
    calls(1, 'success')
    expect(state()).toBe('closed')
    calls(1, 'failure')
    expect(state()).toBe('open')
  })

  it.each(['neutral', 'overload'] as const)('%s says nothing of the replica', (outcome) => {
    const { calls, state, breaker } = subject()
    calls(4, 'failure')
    calls(1_000, outcome)
    expect(breaker.status().windows.rate).toEqual({ calls: 4, failures: 4 })
    calls(1, 'failure')
    expect(state()).toBe('open')
  })

  it("the caller's own fault is a success of the replica", () => {
    const { calls, breaker } = subject()
    calls(30, 'caller')
    expect(breaker.status().windows.rate).toEqual({ calls: 30, failures: 0 })
  })
})
