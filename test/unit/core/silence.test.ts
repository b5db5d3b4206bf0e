import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { silence } from '../../../gateway/core/silence.ts'

describe('silence', () => {
  it('counts the time in which tries were under way, once however many there were', async () => {
    const clock = fakeClock()
    const engine = silence(clock)
    engine.began()
    await clock.advance(100)
    engine.began()
    await clock.advance(100)
    expect(engine.ms()).toBe(200)
    engine.ended(false)
    await clock.advance(100)
    engine.ended(false)
    expect(engine.ms()).toBe(300)
    await clock.advance(1_000)
    expect(engine.ms()).toBe(300)
    engine.began()
    await clock.advance(50)
    expect(engine.ms()).toBe(350)
  })

  it('begins anew with each sign of life, also for tries that are under way', async () => {
    const clock = fakeClock()
    const engine = silence(clock)
    engine.began()
    engine.began()
    await clock.advance(500)
    engine.ended(true)
    expect(engine.ms()).toBe(0)
    await clock.advance(70)
    expect(engine.ms()).toBe(70)
    engine.ended(true)
    await clock.advance(70)
    expect(engine.ms()).toBe(0)
  })
})
