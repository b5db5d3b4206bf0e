import { describe, expect, it } from 'vitest'
import { CallerGone } from '../../../../../gateway/core/errors.ts'
import { callOf, type CallOverrides } from '../../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import type { Begun, Ending } from '../../../../../plugins/limits/concurrency/adaptive-limit.ts'
import type { PlaceReason } from '../../../../../plugins/limits/concurrency/no-place.ts'
import { places } from '../../../../../plugins/limits/concurrency/places.ts'

const noPlace = (reason: PlaceReason, more: object = {}): unknown =>
  expect.objectContaining({ fault: 'no_place', reason, ...more })

const setup = (ceiling = 1) => {
  const clock = fakeClock()
  const engine = places(clock, ceiling)
  const order: string[] = []
  const refused: unknown[] = []
  const taken: Begun[] = []
  const ask = (name: string, overrides: CallOverrides = {}, canStepDown?: () => boolean) => {
    const call = callOf(clock, overrides)
    const wait = async (): Promise<void> => {
      try {
        taken.push(await engine.take(call, 16, canStepDown))
        order.push(name)
      } catch (error) {
        refused.push(error)
      }
    }
    void wait()
    return { call }
  }
  /** Ends the oldest call in flight. */
  const give = async (how: Ending = 'answered'): Promise<void> => {
    const begun = taken.shift()
    if (begun) engine.give(begun, how)
    await clock.advance(0)
  }
  return { clock, engine, order, refused, ask, give, settle: () => clock.advance(0) }
}

describe('the places of an engine', () => {
  it('are given at once while there are some, then in turn', async () => {
    const { engine, order, ask, give, settle } = setup()
    for (const name of ['a', 'b', 'c']) ask(name)
    await settle()
    expect(order).toEqual(['a'])
    expect(engine.waitingTokens()).toBe(32)
    await give()
    await give()
    expect(order).toEqual(['a', 'b', 'c'])
    expect(engine.waitingTokens()).toBe(0)
  })

  it('go to the interactive first, also to whoever is raised while waiting', async () => {
    const { order, ask, give, settle } = setup()
    ask('running')
    ask('bulk', { priority: 'bulk' })
    const raised = ask('raised', { priority: 'bulk' })
    ask('interactive')
    raised.call.raise('interactive')
    await settle()
    for (let times = 0; times < 3; times++) await give()
    expect(order).toEqual(['running', 'interactive', 'raised', 'bulk'])
  })

  it('are not waited for by a call that has ended: it leaves at once, and keeps no timer', async () => {
    const { clock, engine, refused, ask, settle } = setup()
    const running = ask('running')
    const { call } = ask('gone')
    await settle()
    call.abort(new CallerGone())
    await settle()
    expect(refused).toEqual([expect.any(CallerGone)])
    expect(engine.waitingTokens()).toBe(0)
    running.call.release()
    expect(clock.pending).toBe(0)
  })

  it('are refused after half of what remained, with a time to come again; nobody is to blame', async () => {
    const { clock, refused, ask, give } = setup()
    ask('first')
    await clock.advance(400)
    await give()
    ask('running')
    ask('late', { timeoutMs: 1_000 })
    await clock.advance(499)
    expect(refused).toEqual([])
    await clock.advance(1)
    expect(refused).toEqual([noPlace('waited', { outcome: 'overload', retryAfterMs: 400 })])
  })

  it('are refused at once when one would come too late', async () => {
    const { clock, refused, ask, give, settle } = setup()
    ask('first')
    await clock.advance(1_000)
    await give()
    ask('running')
    ask('hurried', { timeoutMs: 1_900 })
    await settle()
    expect(refused).toEqual([noPlace('predicted_wait')])
  })

  it('are not too late for an interactive call because of the bulk that waits: it goes first', async () => {
    const { clock, refused, order, ask, give, settle } = setup()
    ask('first')
    await clock.advance(500)
    await give()
    ask('running', { priority: 'bulk', timeoutMs: 120_000 })
    for (let count = 0; count < 100; count++) ask(`b${count}`, { priority: 'bulk', timeoutMs: 120_000 })
    ask('interactive', { timeoutMs: 10_000 })
    await settle()
    expect(refused).toEqual([])
    await give()
    expect(order).toEqual(['first', 'running', 'interactive'])
  })

  it('are for interactive calls when too many wait: the last of bulk makes room', async () => {
    const { refused, order, ask, give, settle } = setup()
    ask('running')
    for (let count = 0; count < 1_024; count++) ask(`b${count}`, { priority: 'bulk' })
    ask('one bulk more', { priority: 'bulk' })
    await settle()
    expect(refused).toEqual([noPlace('line_full')])
    ask('interactive')
    await settle()
    expect(refused).toEqual([noPlace('line_full'), noPlace('line_full')])
    await give()
    expect(order).toEqual(['running', 'interactive'])
  })

  it('are not waited for when nothing comes back from the engine and a lower tier can answer', async () => {
    const { clock, refused, order, ask, give } = setup()
    ask('first')
    await clock.advance(100)
    await give()
    ask('hangs')
    await clock.advance(900)
    ask('with a lower tier', {}, () => true)
    ask('without')
    await clock.advance(100)
    expect(refused).toEqual([])
    await clock.advance(400)
    expect(refused).toEqual([noPlace('stalled')])
    ask('another with one', {}, () => true)
    await clock.advance(0)
    expect(refused).toEqual([noPlace('stalled'), noPlace('stalled')])
    await give()
    expect(order).toEqual(['first', 'hangs', 'without'])
  })

  it.each(['unanswered', 'timeout'] as const)(
    'are not waited for either when calls end, but as %s, while nothing comes back',
    async (how) => {
      const { clock, refused, ask, give } = setup()
      ask('first')
      await clock.advance(100)
      await give()
      for (const name of ['gives up', 'gives up too', 'hangs']) {
        ask(name)
        await clock.advance(400)
        if (name !== 'hangs') await give(how)
      }
      ask('with a lower tier', {}, () => true)
      await clock.advance(0)
      expect(refused).toEqual([noPlace('stalled')])
    },
  )

  it('are waited for behind calls that take as long as they usually do', async () => {
    const { clock, refused, order, ask, give } = setup()
    ask('first')
    await clock.advance(2_000)
    await give()
    ask('running')
    ask('waits', { timeoutMs: 100_000 }, () => true)
    await clock.advance(10_000)
    expect(refused).toEqual([])
    await give()
    expect(order).toEqual(['first', 'running', 'waits'])
  })
})
