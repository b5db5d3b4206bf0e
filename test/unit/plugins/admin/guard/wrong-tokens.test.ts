import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { heldMs, heldPerAddress, wrongTokens } from '../../../../../plugins/admin/guard/wrong-tokens.ts'

describe('wrong tokens', () => {
  it('are answered after a second', async () => {
    const clock = fakeClock()
    let isAnswered = false
    void wrongTokens(clock)
      .hold('a')
      .then(() => (isAnswered = true))
    await clock.advance(heldMs - 1)
    expect(isAnswered).toBe(false)
    await clock.advance(1)
    expect(isAnswered).toBe(true)
  })

  it('stop an address from trying once eight of its answers wait, and only that one', async () => {
    const clock = fakeClock()
    const wrong = wrongTokens(clock)
    for (let guess = 0; guess < heldPerAddress; guess++) {
      expect(wrong.mayTry('a')).toBe(true)
      void wrong.hold('a')
    }
    expect([wrong.mayTry('a'), wrong.mayTry('b')]).toEqual([false, true])
    await clock.advance(heldMs)
    expect(wrong.mayTry('a')).toBe(true)
  })

  it('keep nobody out who asks after a script that tries one after the other', () => {
    const wrong = wrongTokens(fakeClock())
    void wrong.hold('a')
    expect(wrong.mayTry('a')).toBe(true)
  })

  it('hold no more than 256 answers, from however many addresses', () => {
    const wrong = wrongTokens(fakeClock())
    for (let address = 0; address < 256; address++) void wrong.hold(`10.0.0.${address}`)
    expect(wrong.mayTry('192.0.2.1')).toBe(false)
  })

  it('leave no timer behind', async () => {
    const clock = fakeClock()
    void wrongTokens(clock).hold('a')
    await clock.advance(heldMs)
    expect(clock.pending).toBe(0)
  })
})
