import { describe, expect, it } from 'vitest'
import type { LifecycleOptions } from '../../../gateway/chain/replica.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { never, settle } from './fakes.ts'
import { absent, health, setUp } from './life.ts'

describe('the life of a replica', () => {
  it('goes from starting over probing to serving, and measures its parity', async () => {
    const { replica, logged } = setUp()
    expect(replica.state).toBe('starting')
    replica.start()
    expect(replica.state).toBe('starting')
    await settle()
    expect(replica).toMatchObject({ state: 'serving', hasServed: true })
    expect(replica.parity).toBeCloseTo(1, 6)
    expect(logged).toEqual(['starting > probing', 'probing > serving'])
    await replica.close()
  })

  it('is coming while it starts, and for as long as a start may take after it was lost', async () => {
    const { clock, script, replica } = setUp({}, { modelLoadMs: 20_000 })
    expect(replica.isComing).toBe(true)
    replica.start()
    await settle()
    expect(replica).toMatchObject({ state: 'serving', isComing: false })
    Object.assign(script, { health: health('down'), start: () => Promise.reject(new Error('gone')) })
    await clock.advance(6_001)
    expect(replica).toMatchObject({ state: 'down', isComing: true })
    await clock.advance(19_000)
    expect(replica).toMatchObject({ state: 'down', isComing: true })
    await clock.advance(1_000)
    expect(replica).toMatchObject({ state: 'down', isComing: false })
    await replica.close()
  })

  it('serves without a probe when there is nothing to measure it by', async () => {
    const { replica } = setUp({ embed: never }, { goldens: undefined } as unknown as Partial<LifecycleOptions>)
    replica.start()
    await settle()
    expect(replica).toMatchObject({ state: 'serving', parity: undefined })
    await replica.close()
  })

  it('is absent when its optional device is, and is looked for again every 60 s without changing state', async () => {
    const { clock, script, calls, replica, logged } = setUp({ start: () => Promise.reject(absent) }, { optional: true })
    replica.start()
    await clock.advance(59_999)
    expect(replica).toMatchObject({ state: 'absent', hasServed: false })
    expect(calls.start).toBe(1)
    await clock.advance(60_001)
    expect(calls.start).toBe(3)
    expect(logged).toEqual(['starting > absent'])
    script.start = async () => {}
    await clock.advance(60_000)
    expect(replica.state).toBe('serving')
    await replica.close()
  })

  it('is down, not absent, when the device it needs is missing', async () => {
    const { replica } = setUp({ start: () => Promise.reject(absent) })
    replica.start()
    await settle()
    expect(replica.status()).toMatchObject({ state: 'down', detail: 'no such device' })
    await replica.close()
  })

  it('is down when it cannot start, and tries again with growing waits between 1 s and 30 s', async () => {
    const { clock, calls, replica } = setUp(
      { start: () => Promise.reject(new Error('no')) },
      { random: () => 0.999999 },
    )
    replica.start()
    const startsAtS: number[] = []
    for (let second = 0; second <= 100; second++) {
      await clock.advance(1_000)
      if (calls.start > startsAtS.length + 1) startsAtS.push(second + 1)
    }
    expect(startsAtS).toEqual([2, 6, 14, 30, 60, 90])
    await replica.close()
  })

  it('is never tried again sooner than after a second', async () => {
    const { clock, calls, replica } = setUp({ start: () => Promise.reject(new Error('no')) }, { random: () => 0 })
    replica.start()
    await clock.advance(999)
    expect(calls.start).toBe(1)
    await clock.advance(10_000)
    expect(calls.start).toBe(11)
    await replica.close()
  })

  it('does not wait longer than the load limit for a start that hangs', async () => {
    const { clock, script, replica } = setUp({ start: never }, { modelLoadMs: 5_000 })
    replica.start()
    await clock.advance(4_999)
    expect(replica.state).toBe('starting')
    script.start = async () => {}
    await clock.advance(1)
    expect(replica.status()).toMatchObject({ state: 'down', detail: 'start took longer than 5000 ms' })
    await clock.advance(1_000)
    expect(replica.state).toBe('serving')
    await replica.close()
  })

  it('closes in any state, for good, and leaves no timer', async () => {
    const starting = setUp({ start: never })
    const serving = setUp()
    const hanging = setUp({ health: never })
    const waiting = setUp({ start: () => Promise.reject(absent) }, { optional: true })
    for (const { replica } of [starting, serving, hanging, waiting]) replica.start()
    await hanging.clock.advance(5_500)
    await settle()
    for (const { replica, calls, clock } of [starting, serving, hanging, waiting]) {
      await replica.close()
      await settle()
      expect(replica.state).toBe('closed')
      expect(calls.close).toBe(1)
      expect(clock.pending).toBe(0)
    }
    await waiting.clock.advance(120_000)
    expect(waiting.calls.start).toBe(1)
  })

  it('gives a close that hangs 10 s', async () => {
    const { clock, replica } = setUp({ close: never })
    let isClosed = false
    void replica.close().then(() => (isClosed = true))
    await clock.advance(9_999)
    expect(isClosed).toBe(false)
    await clock.advance(1)
    expect(isClosed).toBe(true)
  })
})

describe('a replica that serves', () => {
  it('is asked for its health every 5 s', async () => {
    const { clock, calls, replica } = setUp()
    replica.start()
    await clock.advance(20_000)
    expect(calls.health).toBe(4)
    await replica.close()
  })

  it('survives single bad answers', async () => {
    const { clock, script, replica, logged } = setUp()
    replica.start()
    await settle()
    script.health = health('down')
    await clock.advance(5_000)
    script.health = health('up')
    await clock.advance(1_000)
    script.health = health('down')
    await clock.advance(5_000)
    script.health = health('up')
    await clock.advance(20_000)
    expect(logged).toEqual(['starting > probing', 'probing > serving'])
    await replica.close()
  })

  it('is lost after two bad answers, started again at once, and probed before it serves', async () => {
    const { clock, script, calls, replica, logged } = setUp()
    replica.start()
    await settle()
    script.health = health('down', 'no live worker')
    script.start = never
    await clock.advance(6_000)
    expect(replica.status()).toMatchObject({ state: 'down', detail: 'no live worker' })
    expect(calls.start).toBe(2)
    script.start = async () => {}
    await clock.advance(61_000)
    expect(logged.slice(2)).toEqual(['serving > down', 'down > probing', 'probing > serving'])
    await replica.close()
  })

  it('is lost when its health hangs: two limits of a second', async () => {
    const { clock, script, replica } = setUp()
    replica.start()
    await settle()
    script.health = never
    script.start = never
    await clock.advance(5_000 + 1_000 + 1_000 + 999)
    expect(replica.state).toBe('serving')
    await clock.advance(1)
    expect(replica.state).toBe('down')
    await replica.close()
  })

  it.each([
    ['absent', true],
    ['down', false],
  ])('becomes %s when its device is lost and may be missing: %s', async (state, optional) => {
    const { clock, script, replica } = setUp({}, { optional })
    replica.start()
    await settle()
    script.health = health('absent')
    script.start = never
    await clock.advance(6_000)
    expect(replica.state).toBe(state)
    await replica.close()
  })

  it('is tried again soon when it is lost after a long time of serving, however hard its first start was', async () => {
    const { clock, script, calls, replica } = setUp({ start: refused }, { random: () => 0.999999 })
    replica.start()
    await clock.advance(60_000)
    script.start = async () => {}
    await clock.advance(30_000)
    expect(replica.state).toBe('serving')
    script.health = health('down')
    script.start = refused
    await clock.advance(6_000)
    const starts = calls.start
    await clock.advance(2_000)
    expect(calls.start).toBeGreaterThan(starts)
    await replica.close()
  })

  it('is not looked for sooner because of tries when it does not serve', async () => {
    const { clock, calls, replica } = setUp({ start: () => Promise.reject(absent) }, { optional: true })
    replica.start()
    await clock.advance(10_000)
    replica.suspect(absent)
    await clock.advance(10_000)
    expect(calls.start).toBe(1)
    await replica.close()
  })

  it('is asked at once when a try finds it absent or unavailable, once for all tries', async () => {
    const { clock, script, calls, replica } = setUp()
    replica.start()
    await settle()
    script.health = health('down')
    script.start = never
    for (const fault of ['absent', 'unavailable', 'unavailable'] as const) replica.suspect(new BackendError(fault, ''))
    await settle()
    expect(calls.health).toBe(1)
    replica.suspect(absent)
    await settle()
    expect(calls.health).toBe(1)
    await clock.advance(1_000)
    expect(calls.health).toBe(2)
    expect(replica.state).toBe('down')
    await replica.close()
  })

  it('is suspect from a try that finds it gone to its next good health answer, which is asked for within a second', async () => {
    const { clock, script, calls, replica } = setUp()
    replica.start()
    await clock.advance(5_000)
    expect([replica.isSuspect, calls.health]).toEqual([false, 1])
    await clock.advance(400)
    replica.suspect(new BackendError('connection', 'reset'))
    await clock.advance(599)
    expect([replica.isSuspect, calls.health]).toEqual([true, 1])
    await clock.advance(1)
    expect([replica.isSuspect, calls.health]).toEqual([false, 2])
    await clock.advance(4_999)
    expect(calls.health).toBe(2)
    script.health = health('down')
    await clock.advance(1)
    replica.suspect(absent)
    await clock.advance(999)
    expect([replica.state, replica.isSuspect]).toEqual(['serving', true])
    script.health = health('up')
    await clock.advance(1)
    expect([replica.state, replica.isSuspect]).toEqual(['serving', false])
    await replica.close()
    expect(clock.pending).toBe(0)
  })

  it('is not suspect any more when it serves again', async () => {
    const { clock, script, replica } = setUp()
    replica.start()
    await settle()
    script.health = health('down')
    replica.suspect(absent)
    await clock.advance(1_000)
    await settle()
    expect([replica.state, replica.isSuspect]).toEqual(['serving', false])
    await replica.close()
  })

  it('is not asked because of other errors', async () => {
    const { calls, replica } = setUp()
    replica.start()
    await settle()
    for (const error of [new BackendError('crash', ''), new BackendError('busy', ''), new Error('?')]) {
      replica.suspect(error)
    }
    await settle()
    expect(calls.health).toBe(0)
    await replica.close()
  })

  it('tells of every change of state and parity', async () => {
    const { replica, changes } = setUp()
    replica.start()
    await settle()
    expect(changes()).toBe(3)
    await replica.close()
    expect(changes()).toBe(4)
  })
})

const refused = (): Promise<never> => Promise.reject(new Error('no'))
