import { describe, expect, it } from 'vitest'
import { realLengths } from '../../../../bench/load/lengths.ts'
import { requestTexts } from '../../../../bench/load/texts.ts'

const take = (seed: number, requests: number): string[] => {
  const next = requestTexts([16, 42], 4, seed)
  return Array.from({ length: requests }, next).flatMap(({ texts }) => texts)
}

describe('requestTexts', () => {
  it('gives the same texts for the same seed, and no text twice within or across seeds', () => {
    expect(take(3, 50)).toEqual(take(3, 50))
    const all = [...take(3, 500), ...take(4, 500)]
    expect(new Set(all).size).toBe(all.length)
  })

  it('deals the lengths in order, two of their tokens being special', () => {
    expect(take(1, 1).map((text) => text.split(' ').length + 2)).toEqual([16, 42, 16, 42])
  })

  it('counts the tokens of a request', () => {
    expect(requestTexts([16, 42], 4, 0)().tokens).toBe(116)
  })
})

describe('realLengths', () => {
  it('has a mean of 42 tokens, a long tail, and nothing the model would cut', () => {
    const lengths = realLengths()
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length
    expect(mean).toBeCloseTo(42, 0)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(256)
    expect(lengths.filter((length) => length > 126).length).toBeGreaterThan(lengths.length / 40)
  })
})
