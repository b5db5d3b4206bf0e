import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Priority } from '../../../../../gateway/core/call.ts'
import { line, type Waiter } from '../../../../../plugins/limits/concurrency/line.ts'

interface Named extends Waiter {
  readonly name: string
}

const waiter = (name: string, tenant = 't', priority: Priority = 'interactive', tokens = 16): Named => ({
  name,
  tenant,
  priority,
  tokens,
})

const drained = (from: ReturnType<typeof line<Named>>): string[] => {
  const names: string[] = []
  for (let next = from.next(); next; next = from.next()) names.push(next.name)
  return names
}

describe('the line', () => {
  it('calls the interactive first, and of a class the oldest', () => {
    const waiting = line<Named>()
    for (const each of [waiter('b1', 't', 'bulk'), waiter('i1'), waiter('i2')]) waiting.add(each)
    expect(drained(waiting)).toEqual(['i1', 'i2', 'b1'])
  })

  it('gives bulk a fifth of the tokens while both wait', () => {
    const waiting = line<Named>()
    for (let count = 0; count < 100; count++) {
      waiting.add(waiter('i', 't', 'interactive', 512))
      waiting.add(waiter('b', 't', 'bulk', 512))
    }
    const first = Array.from({ length: 100 }, () => waiting.next()?.name)
    // A turn begins once a whole one is owed.
    const bulk = first.filter((name) => name === 'b').length
    expect(bulk).toBeGreaterThan(15)
    expect(bulk).toBeLessThanOrEqual(20)
  })

  it('gives bulk no more of them when one of its calls is many turns long', () => {
    const waiting = line<Named>()
    for (let count = 0; count < 1_000; count++) waiting.add(waiter('i', 't', 'interactive', 512))
    for (let count = 0; count < 20; count++) waiting.add(waiter('b', 't', 'bulk', 20_000))
    const tokens = { i: 0, b: 0 }
    for (let next = waiting.next(); waiting.sizeOf('interactive') > 0; next = waiting.next())
      tokens[next?.name === 'b' ? 'b' : 'i'] += next?.tokens ?? 0
    expect(tokens.b / (tokens.b + tokens.i)).toBeCloseTo(0.2, 1)
  })

  it('calls a bulk call of any size after sixteen interactive ones of 512 tokens', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300_000 }), (tokens) => {
        const waiting = line<Named>()
        waiting.add(waiter('b', 't', 'bulk', tokens))
        for (let count = 0; count < 20; count++) waiting.add(waiter('i', 't', 'interactive', 512))
        expect(drained(waiting).indexOf('b')).toBe(16)
      }),
    )
  })

  it('calls no run of bulk longer than its share once a large call has left', () => {
    const tokens = fc.integer({ min: 1, max: 2_048 })
    fc.assert(
      fc.property(fc.nat(2_000), tokens, tokens, (earlier, interactive, bulk) => {
        const waiting = line<Named>()
        const large = waiter('large', 't', 'bulk', 260_000)
        waiting.add(large)
        const call = () => {
          waiting.add(waiter('i', 't', 'interactive', interactive))
          waiting.add(waiter('b', 't', 'bulk', bulk))
          return waiting.next()
        }
        waiting.add(waiter('i', 't', 'interactive', interactive))
        for (let calls = 0; calls < earlier; calls++) call()
        waiting.remove(large)
        let run = 0
        for (let next = call(); next?.name === 'b'; next = call()) run += bulk
        expect(run).toBeLessThan(2_048 + interactive / 4 + bulk)
      }),
    )
  })

  it('lets one who sends large bulk calls one after another wait as long as one who sends them together', () => {
    const waiting = line<Named>()
    const names: string[] = []
    for (let count = 0; count < 200; count++) {
      waiting.add(waiter('i', 't', 'interactive', 512))
      if (waiting.sizeOf('bulk') === 0 && names.at(-1) !== 'b') waiting.add(waiter('b', 't', 'bulk', 20_480))
      waiting.add(waiter('i', 't', 'interactive', 512))
      names.push(waiting.next()?.name ?? '')
    }
    // 2 048 tokens are owed first; then those of the first call are paid for.
    expect(names.indexOf('b')).toBe(16)
    expect(names.indexOf('b', 17)).toBe(17 + (20_480 * 4) / 512)
  })

  it('forgets what bulk has taken once nobody waits', () => {
    const waiting = line<Named>()
    waiting.add(waiter('b', 't', 'bulk', 260_000))
    for (let count = 0; count < 20; count++) waiting.add(waiter('i', 't', 'interactive', 512))
    drained(waiting)
    waiting.add(waiter('b', 't', 'bulk'))
    for (let count = 0; count < 20; count++) waiting.add(waiter('i', 't', 'interactive', 512))
    expect(drained(waiting).indexOf('b')).toBe(16)
  })

  it('lets tenants take turns, however many calls one of them has', () => {
    const waiting = line<Named>()
    for (const name of ['a1', 'a2', 'a3', 'a4']) waiting.add(waiter(name, 'a'))
    waiting.add(waiter('b1', 'b'))
    expect(waiting.next()?.name).toBe('a1')
    waiting.add(waiter('c1', 'c'))
    expect(drained(waiting)).toEqual(['b1', 'c1', 'a2', 'a3', 'a4'])
  })

  it('moves whoever is raised, and lets go whoever leaves', () => {
    const waiting = line<Named>()
    const [raised, gone] = [waiter('raised', 't', 'bulk'), waiter('gone', 't', 'bulk')]
    for (const each of [waiter('first', 't', 'bulk'), raised, gone]) waiting.add(each)
    expect(waiting.lastBulk()).toBe(gone)
    waiting.raise(raised, 'interactive')
    waiting.remove(gone)
    waiting.remove(gone)
    expect([waiting.size, waiting.tokens]).toEqual([2, 32])
    expect(drained(waiting)).toEqual(['raised', 'first'])
    expect([waiting.size, waiting.tokens]).toEqual([0, 0])
  })
})
