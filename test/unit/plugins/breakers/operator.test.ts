import { describe, expect, it } from 'vitest'
import { settingsFor } from '../../../../plugins/breakers/settings-for.ts'
import { defaults, probeLimitMs, subject } from './subject.ts'

describe('[R1] the manual override', () => {
  it('forced open bars every call until it is lifted, and knows no cool-down', () => {
    const { breaker, call, wait, transitions } = subject()
    breaker.setMode('forced-open')
    wait(1e9)
    expect(call('success')).toBe(false)
    expect(breaker.bar()).toEqual({ reason: 'breaker_open', retryAfterMs: Infinity })
    expect(breaker.status()).toMatchObject({ state: 'open', mode: 'forced-open', cause: 'forced' })
    expect(breaker.status()).not.toHaveProperty('remainingMs')
    breaker.setMode('auto')
    expect(call('success')).toBe(true)
    expect(transitions).toMatchObject([
      { from: 'closed', to: 'open', cause: 'forced' },
      { from: 'open', to: 'closed', cause: 'forced' },
    ])
  })

  it('forced closed lets every call through, counts, and never opens', () => {
    const { breaker, calls, state } = subject()
    breaker.setMode('forced-closed')
    calls(100, 'failure')
    expect(state()).toBe('closed')
    expect(breaker.status()).toMatchObject({ mode: 'forced-closed', windows: { rate: { calls: 100, failures: 100 } } })
  })

  it('closes an open breaker, and what was counted under it does not count for the rules', () => {
    const { breaker, open, calls, state } = subject()
    open()
    breaker.setMode('forced-closed')
    calls(100, 'failure')
    breaker.setMode('auto')
    calls(4, 'failure')
    expect(state()).toBe('closed')
    calls(1, 'failure')
    expect(state()).toBe('open')
  })

  it('ignores what a probe says that began before it', () => {
    const { breaker, open, begin, state } = subject()
    open('half-open')
    const probe = begin()
    breaker.setMode('forced-open')
    probe.end('success')
    breaker.setMode('auto')
    expect(state()).toBe('closed')
    expect(breaker.status().windows.rate.calls).toBe(0)
  })

  it('tells nobody when nothing changes', () => {
    const { breaker, transitions, open } = subject()
    breaker.setMode('auto')
    breaker.setMode('forced-closed')
    breaker.setMode('auto')
    expect(transitions).toEqual([])
    open()
    breaker.setMode('forced-open')
    expect(transitions).toHaveLength(1)
  })
})

describe('[R1] reset', () => {
  it('closes an open breaker with empty windows', () => {
    const { breaker, open, calls, state, transitions } = subject()
    open()
    breaker.reset()
    calls(4, 'failure')
    expect(state()).toBe('closed')
    expect(transitions.at(-1)).toMatchObject({ from: 'open', to: 'closed', cause: 'reset' })
  })

  it('tells first of the cool-down that had ended', () => {
    const { breaker, open, transitions } = subject()
    open('half-open')
    breaker.reset()
    expect(transitions.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'closed open',
      'open half-open',
      'half-open closed',
    ])
  })

  it('does not lift what an operator has forced', () => {
    const { breaker, call } = subject()
    breaker.setMode('forced-open')
    breaker.reset()
    expect(call('success')).toBe(false)
  })
})

describe('[R6] other settings at run time', () => {
  it('gives a running cool-down its new length', () => {
    const { breaker, open, wait } = subject()
    open()
    wait(10_000)
    breaker.configure(settingsFor(defaults, { burst: { cooldownMs: 15_000 } }))
    expect(breaker.bar()?.retryAfterMs).toBe(5_000)
    breaker.configure(settingsFor(defaults, { burst: { cooldownMs: 60_000 } }))
    expect(breaker.bar()?.retryAfterMs).toBe(50_000)
    breaker.configure(settingsFor(defaults, { burst: { cooldownMs: 1 } }))
    expect(breaker.bar()).toBeUndefined()
  })

  it('keeps the jitter that the cool-down has drawn', () => {
    const { breaker, open } = subject({}, () => 0)
    open()
    breaker.configure(settingsFor(defaults, { burst: { cooldownMs: 100_000 } }))
    expect(breaker.bar()?.retryAfterMs).toBe(80_000)
  })

  it('never sends a half-open breaker back to open, nor its successes and probe away', () => {
    const { breaker, open, calls, begin, state } = subject()
    open('half-open')
    calls(1, 'success')
    const probe = begin()
    breaker.configure(settingsFor(defaults, { burst: { cooldownMs: 600_000 } }))
    expect(breaker.begin(probeLimitMs)).toBeUndefined()
    expect(breaker.status()).toMatchObject({ state: 'half-open', successes: { counted: 1 } })
    probe.end('success')
    expect(state()).toBe('closed')
  })

  it('keeps what the windows hold, as far as the new ones reach', () => {
    const { breaker, calls, wait } = subject()
    calls(2, 'failure')
    wait(8_000)
    calls(2, 'failure')
    breaker.configure(settingsFor(defaults, { burst: { windowMs: 5_000 }, rate: { windowMs: 120_000 } }))
    expect(breaker.status().windows).toEqual({ burst: { calls: 2, failures: 2 }, rate: { calls: 4, failures: 4 } })
  })

  it('goes by new thresholds from the next failure on', () => {
    const { breaker, calls, state } = subject()
    calls(3, 'failure')
    breaker.configure(settingsFor(defaults, { burst: { failures: 3 } }))
    expect(state()).toBe('closed')
    calls(1, 'failure')
    expect(state()).toBe('open')
  })

  it('counts calls that were begun under the old settings', () => {
    const { breaker, begin } = subject()
    const call = begin()
    breaker.configure(settingsFor(defaults, { burst: { failures: 1 } }))
    call.end('failure')
    expect(breaker.status().state).toBe('open')
  })
})
