import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classTurns, interactivePerBulkToken } from '../../../gateway/core/class-turns.ts'

const turnTokens = 100
/** Up to sixteen turns. */
const sizes = fc.array(fc.integer({ min: 1, max: 16 * turnTokens }), { minLength: 1, maxLength: 20 })

/** The turns of two classes that always wait, in these sizes, over and over. */
const turnsOf = function* (interactiveSizes: readonly number[], bulkSizes: readonly number[]) {
  const turns = classTurns(turnTokens)
  const count = { interactive: 0, bulk: 0 }
  const of = { interactive: interactiveSizes, bulk: bulkSizes }
  for (;;) {
    const priority = turns.next(true, true)
    const tokens = of[priority][count[priority]++ % of[priority].length] ?? 0
    turns.ran(priority, tokens, true)
    yield { priority, tokens }
  }
}

describe('turns of the classes', () => {
  it('are interactive while bulk is owed less than a batch', () => {
    const turns = classTurns(100)
    expect(turns.next(true, true)).toBe('interactive')
    turns.ran('interactive', 396, true)
    expect(turns.next(true, true)).toBe('interactive')
    turns.ran('interactive', 4, true)
    expect(turns.next(true, true)).toBe('bulk')
  })

  it('give bulk a fifth of the tokens while both wait', () => {
    const turns = classTurns(100)
    const ran = { interactive: 0, bulk: 0 }
    for (let batch = 0; batch < 1_000; batch++) {
      const priority = turns.next(true, true)
      const tokens = priority === 'bulk' ? 100 : 20
      ran[priority] += tokens
      turns.ran(priority, tokens, true)
    }
    expect(ran.bulk / (ran.bulk + ran.interactive)).toBeCloseTo(0.2, 1)
  })

  it('give bulk a fifth of the tokens while both wait, whatever the sizes', () => {
    fc.assert(
      fc.property(sizes, sizes, (interactive, bulk) => {
        const ran = { interactive: 0, bulk: 0 }
        for (const { priority, tokens } of turnsOf(interactive, bulk)) {
          ran[priority] += tokens
          if (ran.interactive + ran.bulk > 1_000 * turnTokens) break
        }
        const share = ran.bulk / (ran.bulk + ran.interactive)
        expect(share).toBeGreaterThan(0.18)
        expect(share).toBeLessThan(0.22)
      }),
    )
  })

  it('starve no bulk: the next comes once what is owed, and what the last one took, has been paid', () => {
    fc.assert(
      fc.property(sizes, sizes, (interactive, bulk) => {
        let last = 0
        let since = 0
        let bulkTurns = 0
        for (const { priority, tokens } of turnsOf(interactive, bulk)) {
          if (priority === 'interactive') since += tokens
          else {
            expect(since).toBeLessThan(interactivePerBulkToken * (turnTokens + last) + Math.max(...interactive))
            last = tokens
            since = 0
            if (++bulkTurns === 50) break
          }
        }
      }),
    )
  })

  it('are owed no more for a long turn of bulk than for any other: it is paid for afterwards', () => {
    const turns = classTurns(turnTokens)
    turns.ran('interactive', 400, true)
    expect(turns.next(true, true)).toBe('bulk')
    turns.ran('bulk', 10_000, true)
    turns.ran('interactive', 39_996, true)
    expect(turns.next(true, true)).toBe('interactive')
    turns.ran('interactive', 4, true)
    expect(turns.next(true, true)).toBe('bulk')
  })

  it('let bulk pay its debt also while it does not wait', () => {
    const turns = classTurns(turnTokens)
    turns.ran('bulk', 10_000, true)
    turns.ran('interactive', 20_000, false)
    turns.ran('interactive', 20_396, true)
    expect(turns.next(true, true)).toBe('interactive')
    turns.ran('interactive', 4, true)
    expect(turns.next(true, true)).toBe('bulk')
  })

  it('let bulk pay nothing for what it took alone', () => {
    const turns = classTurns(turnTokens)
    turns.ran('bulk', 10_000, true)
    turns.ran('bulk', 10_000, false)
    turns.ran('interactive', 400, true)
    expect(turns.next(true, true)).toBe('bulk')
  })

  it('go to whichever class waits alone', () => {
    const turns = classTurns(100)
    expect(turns.next(false, true)).toBe('bulk')
    expect(turns.next(true, false)).toBe('interactive')
  })

  it('owe bulk nothing for the time in which it did not wait', () => {
    const turns = classTurns(100)
    turns.ran('interactive', 10_000, false)
    expect(turns.next(true, true)).toBe('interactive')
  })
})
