import { describe, expect, it } from 'vitest'
import { proof } from '../../../gateway/chain/proof.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'

const startMs = 1_000_000

describe('proof', () => {
  it('reaches back to the beginning while nothing has passed', async () => {
    const clock = fakeClock(startMs)
    const own = proof(clock)
    await clock.advance(500)
    own.begin()
    expect(own.untilMs()).toBe(startMs)
  })

  it('reaches to the beginning of the last measurement that passed, not to its end', async () => {
    const clock = fakeClock(startMs)
    const own = proof(clock)
    await clock.advance(500)
    own.begin()
    await clock.advance(500)
    own.pass()
    own.begin()
    expect(own.untilMs()).toBe(startMs + 500)
  })

  it.each([3_600_000, -3_600_000])('leaves out nothing that was stored when the wall clock is set by %i ms', (step) => {
    let wallMs = startMs
    let nowMs = 0
    const own = proof({ ...fakeClock(), now: () => nowMs, wallNow: () => wallMs })
    const pass = (ms: number): void => {
      nowMs += ms
      wallMs += ms
    }
    const storedAtMs: number[] = []
    const store = (): void => {
      pass(1_000)
      storedAtMs.push(wallMs)
    }
    store()
    wallMs += step
    store()
    expect(own.untilMs()).toBeLessThanOrEqual(Math.min(...storedAtMs))
  })
})
