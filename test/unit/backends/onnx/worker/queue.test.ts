import { describe, expect, it } from 'vitest'
import { createQueue } from '../../../../../backends/onnx/worker/queue.ts'
import { type NumberedEntry, entryMaker } from './queue/entries.ts'

const budgetTokens = 100

/** Takes seeds out of the queue until it is empty, at one moment. */
const seedsOf = (queue: ReturnType<typeof createQueue<NumberedEntry>>, nowMs: number): number[] => {
  const numbers: number[] = []
  while (queue.texts > 0) {
    const seed = queue.turn().seed(nowMs)
    if (!seed) break
    queue.remove(seed)
    queue.ran(seed.priority, seed.ids.length)
    numbers.push(seed.number)
  }
  return numbers
}

const filled = (...entries: NumberedEntry[]) => {
  const queue = createQueue<NumberedEntry>(budgetTokens)
  entries.forEach((entry) => queue.add(entry))
  return queue
}

describe('the queue', () => {
  it('gives the shortest first, and the older of two equal ones', () => {
    const entry = entryMaker()
    const queue = filled(entry({ length: 9 }), entry({ length: 3 }), entry({ length: 5 }), entry({ length: 3 }))
    expect(seedsOf(queue, 0)).toEqual([1, 3, 2, 0])
  })

  it('gives the oldest first once it has waited too long', () => {
    const entry = entryMaker()
    const queue = filled(entry({ length: 9 }), entry({ length: 3, atMs: 100 }), entry({ length: 5, atMs: 200 }))
    expect(seedsOf(queue, 260)).toEqual([0, 1, 2])
  })

  it('lets tenants take turns, whatever they have queued', () => {
    const entry = entryMaker()
    const many = Array.from({ length: 4 }, () => entry({ length: 1, tenant: 'many' }))
    const queue = filled(...many, entry({ length: 90, tenant: 'one' }))
    expect(seedsOf(queue, 0)).toEqual([0, 4, 1, 2, 3])
  })

  it('gives interactive texts before bulk ones, and bulk its share', () => {
    const entry = entryMaker()
    const bulk = [entry({ length: 100, priority: 'bulk' }), entry({ length: 100, priority: 'bulk' })]
    const interactive = Array.from({ length: 8 }, () => entry({ length: 100 }))
    expect(seedsOf(filled(...bulk, ...interactive), 0)).toEqual([2, 3, 4, 5, 0, 6, 7, 8, 9, 1])
  })

  it('forgets what is removed, and counts what waits', () => {
    const entry = entryMaker()
    const [a, b] = [entry({ length: 4 }), entry({ length: 6 })]
    const queue = filled(a, b)
    expect([queue.texts, queue.tokens]).toEqual([2, 10])
    queue.remove(a)
    queue.remove(a)
    expect([queue.texts, queue.tokens]).toEqual([1, 6])
    expect(seedsOf(queue, 0)).toEqual([1])
    expect([queue.texts, queue.tokens]).toEqual([0, 0])
  })

  it('moves a raised text to the other class, and nothing back', () => {
    const entry = entryMaker()
    const [raised, other] = [entry({ priority: 'bulk' }), entry({ priority: 'bulk', length: 2 })]
    const queue = filled(raised, other, entry())
    queue.raise(raised, 'interactive')
    queue.raise(raised, 'bulk')
    expect([queue.texts, queue.tokens, raised.priority]).toEqual([3, 22, 'interactive'])
    expect(seedsOf(queue, 0)).toEqual([2, 0, 1])
  })

  it('does not queue a raised text that no longer waits', () => {
    const entry = entryMaker()
    const taken = entry({ priority: 'bulk' })
    const queue = filled(taken)
    queue.remove(taken)
    queue.raise(taken, 'interactive')
    expect([queue.texts, taken.priority]).toEqual([0, 'interactive'])
  })

  it('finds texts by length, of tenants in turn', () => {
    const entry = entryMaker()
    const queue = filled(entry({ tenant: 'a' }), entry({ tenant: 'a' }), entry({ tenant: 'b' }), entry({ length: 7 }))
    const waiting = queue.turn()
    expect([waiting.countOf(10), waiting.countOf(7), waiting.countOf(8)]).toEqual([3, 1, 0])
    const taken = [0, 1, 2].map(() => {
      const found = waiting.ofLength(10)
      if (found) queue.remove(found)
      return found?.number
    })
    expect(taken).toEqual([0, 2, 1])
    expect(waiting.ofLength(10)).toBeUndefined()
  })
})
