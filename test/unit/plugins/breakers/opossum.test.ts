import CircuitBreaker, { type Options } from 'opossum'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withResolvers, type Resolvers } from '../../../../gateway/core/with-resolvers.ts'
import { probeLimitMs, subject, type Subject } from './subject.ts'

/** The rate rule with opossum's ways of closing: what both can do. */
const common = {
  burst: { failures: 1_000_000 },
  rate: { ratio: 0.5, minCalls: 10, windowMs: 60_000, cooldownMs: 30_000, successes: 1 },
}

/** The same for opossum. */
const theirs: Options = {
  timeout: 5_000,
  errorThresholdPercentage: 50,
  volumeThreshold: 10,
  rollingCountTimeout: 60_000,
  rollingCountBuckets: 60,
  resetTimeout: 30_000,
}

type Work = () => Promise<unknown>
const succeed: Work = async () => 'done'
const fail: Work = async () => {
  throw new Error('broken')
}

const made: CircuitBreaker<[Work], unknown>[] = []
const opossum = (options: Options = {}): CircuitBreaker<[Work], unknown> => {
  const breaker = new CircuitBreaker((work: Work) => work(), { ...theirs, ...options })
  made.push(breaker)
  return breaker
}

/** Whether opossum let a call through. */
const fire = async (breaker: CircuitBreaker<[Work], unknown>, work: Work): Promise<boolean> => {
  try {
    await breaker.fire(work)
    return true
  } catch (error) {
    return (error as { code?: string }).code !== 'EOPENBREAKER'
  }
}

/** A call that the test ends. */
const hanging = (): { readonly work: Work } & Pick<Resolvers<string>, 'resolve' | 'reject'> => {
  const { promise, resolve, reject } = withResolvers<string>()
  return { work: () => promise, resolve, reject }
}

const times = async (count: number, act: () => Promise<unknown>): Promise<void> => {
  for (let each = 0; each < count; each++) await act()
}

/** Ours, from the origin of the clock: its buckets begin when opossum's do. */
const ours = (own: Parameters<typeof subject>[0] = common): Subject => {
  const mine = subject(own)
  mine.clock.nowMs = 0
  return mine
}

const wait = async (ms: number, ...subjects: readonly Subject[]): Promise<void> => {
  for (const each of subjects) each.wait(ms)
  await vi.advanceTimersByTimeAsync(ms)
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  for (const breaker of made.splice(0)) breaker.shutdown()
  vi.useRealTimers()
})

describe('ours and opossum 9', () => {
  it('let the same calls through, from the first call to the first recovery', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('success' as const, 'failure' as const, 'failure' as const) },
      { weight: 1, arbitrary: fc.constantFrom(300, 2_000, 15_000, 30_000, 61_000) },
    )
    let recoveries = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (history) => {
        const mine = ours()
        const { call, state } = mine
        const their = opossum()
        let hasOpened = false
        for (const each of history) {
          if (typeof each === 'number') {
            await wait(each, mine)
            continue
          }
          expect(call(each)).toBe(await fire(their, each === 'success' ? succeed : fail))
          expect(state()).toBe(their.opened ? 'open' : their.halfOpen ? 'half-open' : 'closed')
          hasOpened ||= state() === 'open'
          if (hasOpened && state() === 'closed') {
            recoveries++
            break
          }
        }
        their.shutdown()
      }),
      { numRuns: 100 },
    )
    expect(recoveries).toBeGreaterThan(10)
  })

  it('let one probe through at a time', async () => {
    const { mine, their } = await halfOpen()
    const probe = hanging()
    const fired = their.fire(probe.work)
    mine.begin()
    expect([mine.breaker.begin(probeLimitMs), await fire(their, succeed)]).toEqual([undefined, false])
    probe.resolve('done')
    await fired
  })
})

/** Both half-open after ten failures. */
const halfOpen = async (options: Options = {}, own?: Parameters<typeof subject>[0]) => {
  const mine = ours(own)
  const their = opossum(options)
  mine.calls(10, 'failure')
  await times(10, () => fire(their, fail))
  await wait(30_000, mine)
  expect([mine.state(), their.halfOpen]).toEqual(['half-open', true])
  return { mine, their }
}

describe('where they differ', () => {
  it('opossum closes at the first success; ours asks for as many as the rule says', async () => {
    const { mine, their } = await halfOpen({}, { ...common, rate: { ...common.rate, successes: 2 } })
    await fire(their, succeed)
    mine.call('success')
    expect([mine.state(), their.closed]).toEqual(['half-open', true])
    mine.call('success')
    expect(mine.state()).toBe('closed')
  })

  it('opossum takes a full house for failures and opens; ours does not', async () => {
    const mine = ours()
    const their = opossum({ capacity: 1 })
    const slow = hanging()
    const fired = their.fire(slow.work)
    await times(10, () => fire(their, succeed))
    mine.calls(10, 'overload')
    expect([mine.state(), their.opened]).toEqual(['closed', true])
    slow.resolve('done')
    await fired
  })

  it('a caller who leaves closes a half-open opossum when the filter spares him; with ours he changes nothing', async () => {
    const { mine, their } = await halfOpen({ errorFilter: ({ name }) => name === 'AbortError' })
    await fire(their, async () => {
      throw new DOMException('the caller has left', 'AbortError')
    })
    mine.call('neutral')
    expect([mine.state(), their.closed]).toEqual(['half-open', true])
  })

  it('a success that began before the trip closes opossum; ours knows that it is old', async () => {
    const mine = ours()
    const their = opossum({ timeout: false })
    const early = { theirs: hanging(), mine: mine.begin() }
    const fired = their.fire(early.theirs.work)
    mine.calls(10, 'failure')
    await times(10, () => fire(their, fail))
    await wait(30_000, mine)
    early.theirs.resolve('done at last')
    await fired
    early.mine.end('success')
    expect([mine.state(), their.closed]).toEqual(['half-open', true])
  })

  it('a failure that began before the trip opens a half-open opossum again; with ours it says nothing', async () => {
    const mine = ours()
    const their = opossum({ timeout: false })
    const early = { theirs: hanging(), mine: mine.begin() }
    const fired = fire(their, early.theirs.work)
    mine.calls(10, 'failure')
    await times(10, () => fire(their, fail))
    await wait(30_000, mine)
    early.theirs.reject(new Error('broken at last'))
    await fired
    early.mine.end('failure')
    expect([mine.state(), their.opened]).toEqual(['half-open', true])
  })

  it('opossum remembers the failures of before when it closes, and one more opens it; ours starts with empty windows', async () => {
    const { mine, their } = await halfOpen()
    await fire(their, succeed)
    mine.call('success')
    expect([mine.state(), their.closed]).toEqual(['closed', true])
    await fire(their, fail)
    mine.call('failure')
    expect([mine.state(), their.opened]).toEqual(['closed', true])
  })

  it('opossum counts the calls that it refused, so that a busy time hides failures; ours counts calls that were made', async () => {
    const mine = ours()
    const their = opossum()
    mine.calls(10, 'failure')
    await times(10, () => fire(their, fail))
    await times(100, () => fire(their, fail))
    for (let each = 0; each < 100; each++) mine.call('failure')
    await wait(30_000, mine)
    await fire(their, succeed)
    mine.call('success')
    await times(20, () => fire(their, fail))
    for (let each = 0; each < 20; each++) mine.call('failure')
    expect([mine.state(), their.closed]).toEqual(['open', true])
  })

  it('without a time-out a probe that hangs keeps opossum half-open for ever; a probe of ours always has a limit', async () => {
    const { mine, their } = await halfOpen({ timeout: false })
    void their.fire(hanging().work)
    mine.begin()
    await wait(3_600_000, mine)
    expect(await fire(their, succeed)).toBe(false)
    expect(mine.state()).toBe('half-open')
    expect(mine.call('success')).toBe(true)
  })

  it('all calls of opossum share one AbortController: a time-out of one ends the others', async () => {
    const their = opossum({ abortController: new AbortController() })
    const slow = fire(their, hanging().work)
    await wait(4_000)
    let signalOfAnother: AbortSignal | undefined
    const another = fire(their, () => {
      signalOfAnother = their.getSignal()
      return hanging().work()
    })
    await wait(1_000)
    await slow
    expect(signalOfAnother?.aborted).toBe(true)
    await wait(4_000)
    await another
  })
})
