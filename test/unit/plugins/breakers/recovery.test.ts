import { describe, expect, it } from 'vitest'
import { probeLimitMs, subject } from './subject.ts'

const barred = (retryAfterMs: number) => ({ reason: 'breaker_open', retryAfterMs })

describe('an open breaker', () => {
  it('[R1] bars all calls for its cool-down, and says what is left of it', () => {
    const { breaker, open, call, wait, state } = subject()
    open()
    expect(breaker.bar()).toEqual(barred(30_000))
    wait(29_999)
    expect(call('success')).toBe(false)
    expect(breaker.bar()).toEqual(barred(1))
    expect(breaker.status()).toMatchObject({ state: 'open', cause: 'burst', remainingMs: 1 })
    wait(1)
    expect(breaker.bar()).toBeUndefined()
    expect(state()).toBe('half-open')
  })

  it.each([
    [0, 24_000],
    [0.25, 27_000],
    [1 - 2 ** -53, 36_000],
  ])('draws its cool-down from 0.8 to 1.2 times the configured one (%d)', (random, cooldownMs) => {
    const { breaker, open } = subject({}, () => random)
    open()
    expect(breaker.bar()?.retryAfterMs).toBeCloseTo(cooldownMs, 3)
  })

  it('draws anew each time', () => {
    const draws = [0, 1]
    const { breaker, open, wait, call } = subject({}, () => draws.shift() ?? 0.5)
    open()
    wait(24_000)
    call('failure')
    expect(breaker.bar()).toEqual(barred(36_000))
  })

  it('half-opens by time alone: who reads it first finds it so, since the moment the cool-down ended', () => {
    const { breaker, open, wait, transitions, clock } = subject()
    open()
    wait(100_000)
    expect(breaker.status()).toMatchObject({ state: 'half-open', sinceMs: clock.wallNow() - 70_000 })
    expect(transitions.map(({ to }) => to)).toEqual(['open', 'half-open'])
    breaker.status()
    expect(transitions).toHaveLength(2)
  })

  it('is only looked at by its gate: nothing changes, nobody is told', () => {
    const { breaker, open, wait, transitions } = subject()
    open('half-open')
    wait(100_000)
    for (let look = 0; look < 10; look++) expect(breaker.bar()).toBeUndefined()
    expect(transitions).toHaveLength(1)
  })
})

describe('an open breaker whose engine has been replaced', () => {
  it('lets a probe through at once, and closes after as many successes as ever', () => {
    const { breaker, open, calls, state, transitions } = subject()
    open()
    breaker.renew()
    expect(breaker.bar()).toBeUndefined()
    expect(transitions.at(-1)).toMatchObject({ from: 'open', to: 'half-open', cause: 'burst' })
    calls(1, 'success')
    expect(state()).toBe('half-open')
    calls(1, 'success')
    expect(state()).toBe('closed')
  })

  it('stays open for its whole cool-down when the new one fails too', () => {
    const { breaker, open, calls } = subject()
    open()
    breaker.renew()
    calls(1, 'failure')
    expect(breaker.bar()).toEqual(barred(30_000))
  })

  it('changes nothing else: not a closed one, nor a probe that runs, nor what an operator has forced', () => {
    const { breaker, open, begin, state, transitions } = subject()
    breaker.renew()
    expect([state(), transitions]).toEqual(['closed', []])
    open('half-open')
    begin()
    breaker.renew()
    expect(breaker.bar()).toMatchObject({ reason: 'breaker_half_open' })
    breaker.setMode('forced-open')
    breaker.renew()
    expect(state()).toBe('open')
  })
})

describe('a half-open breaker', () => {
  it('[R1] lets one probe through at a time and bars the rest at once', () => {
    const { breaker, open, begin, wait } = subject()
    open('half-open')
    const probe = begin()
    expect(probe.probeMs).toBe(5_000)
    expect(breaker.begin(probeLimitMs)).toBeUndefined()
    wait(2_000)
    expect(breaker.bar()).toEqual({ reason: 'breaker_half_open', retryAfterMs: 3_000 })
    probe.end('success')
    expect(breaker.bar()).toBeUndefined()
    expect(begin().probeMs).toBe(5_000)
  })

  it('[R1] closes after two successes when a burst has opened it', () => {
    const { open, calls, state, begin, transitions, breaker } = subject()
    open('half-open')
    calls(1, 'success')
    expect(breaker.status()).toMatchObject({ state: 'half-open', successes: { counted: 1, needed: 2 } })
    calls(1, 'caller')
    expect(state()).toBe('closed')
    expect(transitions.at(-1)).toMatchObject({ from: 'half-open', to: 'closed', cause: 'burst' })
    expect(begin().probeMs).toBeUndefined()
  })

  it('[R1] closes after ten successes and five minutes when the rate has opened it', () => {
    const { calls, state, wait, call } = subject({ burst: { failures: 1_000 } })
    calls(20, 'failure')
    wait(299_999)
    expect(call('success')).toBe(false)
    wait(1)
    calls(9, 'success')
    expect(state()).toBe('half-open')
    calls(1, 'success')
    expect(state()).toBe('closed')
  })

  it('opens again at one failure, for the same cause, and asks for all successes anew', () => {
    const { open, calls, state, wait, breaker, transitions } = subject()
    open('half-open')
    calls(1, 'success')
    calls(1, 'failure')
    expect(breaker.status()).toMatchObject({ state: 'open', cause: 'burst', remainingMs: 30_000 })
    expect(transitions.at(-1)).toMatchObject({ from: 'half-open', to: 'open', cause: 'burst' })
    wait(30_000)
    calls(1, 'success')
    expect(state()).toBe('half-open')
  })

  it('starts with empty windows once it is closed', () => {
    const { open, calls, state } = subject()
    open('half-open')
    calls(2, 'success')
    calls(4, 'failure')
    expect(state()).toBe('closed')
    calls(1, 'failure')
    expect(state()).toBe('open')
  })

  it.each(['neutral', 'overload'] as const)(
    'frees the place of a probe that ends %s, and changes nothing',
    (outcome) => {
      const { open, calls, state, call } = subject()
      open('half-open')
      calls(1, 'success')
      calls(100, outcome)
      expect(state()).toBe('half-open')
      expect(call('success')).toBe(true)
      expect(state()).toBe('closed')
    },
  )

  it('takes a probe that is over its limit for failed, whether or not it ever ends', () => {
    const { open, begin, wait, breaker, call, clock } = subject()
    open('half-open')
    begin()
    wait(4_999)
    expect(breaker.bar()).toEqual({ reason: 'breaker_half_open', retryAfterMs: 1 })
    wait(1)
    expect(call('success')).toBe(false)
    expect(breaker.status()).toMatchObject({ state: 'open', sinceMs: clock.wallNow() })
  })

  it('takes a success after the limit for a failure', () => {
    const { open, begin, wait, state } = subject()
    open('half-open')
    const probe = begin()
    wait(5_000)
    probe.end('success')
    expect(state()).toBe('open')
  })

  it('counts successes together only when they are within the maximum half-open time of each other', () => {
    const { open, calls, wait, state, breaker } = subject()
    open('half-open')
    calls(1, 'success')
    wait(300_001)
    expect(breaker.status().successes).toEqual({ counted: 0, needed: 2 })
    calls(1, 'success')
    expect(state()).toBe('half-open')
    wait(300_000)
    calls(1, 'success')
    expect(state()).toBe('closed')
  })

  it('holds no old success through neutral ends either', () => {
    const { open, calls, state } = subject()
    open('half-open')
    calls(1, 'success')
    calls(301, 'neutral', 1_000)
    calls(1, 'success')
    expect(state()).toBe('half-open')
  })

  it('waits for its first call as long as it takes', () => {
    const { open, wait, breaker } = subject()
    open('half-open')
    wait(1e9)
    expect(breaker.bar()).toBeUndefined()
  })
})
