import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { events, type Happening } from '../../../../plugins/status/events.ts'

const degraded: Happening = { kind: 'degraded', subject: 'model', from: 'gpu', to: 'cpu', reason: 'timeout' }
const opened: Happening = { kind: 'breaker', subject: 'gpu', from: 'closed', to: 'open', reason: 'burst' }

describe('what happened lately', () => {
  it('is newest first', async () => {
    const clock = fakeClock()
    const happenings = events(clock, 10)
    happenings.note(degraded)
    await clock.advance(1)
    happenings.note(opened)
    expect(happenings.list().map(({ kind }) => kind)).toEqual(['breaker', 'degraded'])
  })

  it('is bounded, and forgets the oldest', () => {
    const happenings = events(fakeClock(), 3)
    for (const subject of ['a', 'b', 'c', 'd', 'e']) happenings.note({ ...opened, subject })
    expect(new Set(happenings.list().map(({ subject }) => subject))).toEqual(new Set(['c', 'd', 'e']))
  })

  it('tells degraded answers of one cause as one, with how many there were and the last time', async () => {
    const clock = fakeClock(0)
    const happenings = events(clock, 3)
    for (let request = 0; request < 1_000; request++) {
      happenings.note(degraded)
      await clock.advance(1)
    }
    expect(happenings.list()).toEqual([{ ...degraded, firstAtMs: 0, lastAtMs: 999, count: 1_000 }])
  })

  it('tells them as two after a minute without any, and of another cause', async () => {
    const clock = fakeClock()
    const happenings = events(clock, 5)
    happenings.note(degraded)
    happenings.note({ ...degraded, reason: 'crash' })
    await clock.advance(60_001)
    happenings.note(degraded)
    expect(happenings.list().map(({ reason, count }) => [reason, count])).toEqual([
      ['timeout', 1],
      ['timeout', 1],
      ['crash', 1],
    ])
  })

  it('begins anew when the one that counted was pushed out', () => {
    const happenings = events(fakeClock(), 1)
    happenings.note(degraded)
    happenings.note(opened)
    happenings.note(degraded)
    expect(happenings.list()).toMatchObject([{ kind: 'degraded', count: 1 }])
  })
})
