import { describe, expect, it } from 'vitest'
import { callOf } from '../../gateway/testing/calls.ts'
import { fakeClock, type FakeClock } from '../../gateway/testing/fake-clock.ts'
import { places, type Places } from '../../plugins/limits/concurrency/places.ts'

/** An engine that works on `servers` calls at a time, in order; the others wait inside it, where nobody sees them. */
const engine = (clock: FakeClock, servers: number) => {
  const waiting: (() => void)[] = []
  const now = { busy: 0, servers, serviceMs: 20 }
  const serve = (): void => {
    while (now.busy < now.servers && waiting.length > 0) {
      const done = waiting.shift()
      now.busy++
      clock.after(now.serviceMs, () => {
        now.busy--
        done?.()
        serve()
      })
    }
  }
  const call = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      serve()
    })
  return { now, call }
}

/** `callers` who ask again as soon as they are answered; counts the answers. */
const load = (clock: FakeClock, gate: Pick<Places, 'take' | 'give'>, call: () => Promise<void>, callers: number) => {
  const counted = { answers: 0 }
  const caller = async (): Promise<void> => {
    for (;;) {
      const own = callOf(clock, { timeoutMs: 60_000 })
      const begun = await gate.take(own, 16)
      await call()
      gate.give(begun, 'answered')
      own.release()
      counted.answers++
    }
  }
  for (let count = 0; count < callers; count++) void caller()
  return counted
}

const limited = (servers: number, callers: number) => {
  const clock = fakeClock()
  const { now, call } = engine(clock, servers)
  const gate = places(clock, 64)
  return { clock, now, gate, counted: load(clock, gate, call, callers) }
}

describe('the adaptive limit in front of an engine that works on c calls at a time', () => {
  it.each([1, 4, 12])('c = %i: comes to between c and 2.2 c, and answers 90 %% of what c can', async (servers) => {
    const { clock, now, gate, counted } = limited(servers, 60)
    await clock.advance(4_000)
    const before = counted.answers
    await clock.advance(6_000)
    const best = (servers * 6_000) / now.serviceMs
    expect(counted.answers - before).toBeGreaterThan(0.9 * best)
    expect(gate.limit()).toBeGreaterThanOrEqual(servers)
    expect(gate.limit()).toBeLessThanOrEqual(Math.ceil(2.2 * servers))
  })

  it('gives a slow engine what it can do, never nothing, and finds back', async () => {
    const { clock, now, gate, counted } = limited(8, 40)
    const answeredIn = async (ms: number): Promise<number> => {
      const before = counted.answers
      await clock.advance(ms)
      return counted.answers - before
    }
    await clock.advance(4_000)
    now.serviceMs = 200
    await clock.advance(10_000)
    expect(await answeredIn(10_000)).toBeGreaterThan((0.9 * 8 * 10_000) / 200)
    now.serviceMs = 20
    await clock.advance(4_000)
    expect(await answeredIn(4_000)).toBeGreaterThan((0.9 * 8 * 4_000) / 20)
    // What it took for the shortest time had calls waiting in it, until it is measured again.
    await clock.advance(64_000)
    expect(gate.limit()).toBeLessThanOrEqual(18)
  })

  it('gives less to an engine that has lost servers', async () => {
    const { clock, now, gate } = limited(12, 40)
    await clock.advance(4_000)
    now.servers = 2
    await clock.advance(10_000)
    expect(gate.limit()).toBeLessThanOrEqual(6)
    expect(gate.limit()).toBeGreaterThanOrEqual(1)
  })
})
