import { describe, expect, it } from 'vitest'
import { classTurns } from '../../../gateway/core/class-turns.ts'

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
