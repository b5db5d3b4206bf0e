import { describe, expect, it } from 'vitest'
import { elapsed } from '../../../../plugins/status/page/elapsed.js'

describe('a time that has passed', () => {
  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h 0 min'],
    [11_400_000, '3 h 10 min'],
    [187_200_000, '2 d 4 h'],
    [-5, '0 s'],
  ])('of %i ms is told as %s', (ms, words) => {
    expect(elapsed(ms)).toBe(words)
  })
})
