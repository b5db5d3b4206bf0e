import { describe, expect, it } from 'vitest'
import { nearest } from '../../../gateway/core/nearest.ts'

describe('nearest', () => {
  it('finds the word that was most likely meant', () => {
    expect(nearest('memoryByte', ['memoryBytes', 'ttlMs'])).toBe('memoryBytes')
    expect(nearest('prot', ['host', 'port'])).toBe('port')
    expect(nearest('GPU', ['cpu', 'gpu'])).toBe('gpu')
  })

  it('finds nothing when no candidate is close', () => {
    expect(nearest('redis', ['memoryBytes', 'ttlMs'])).toBeUndefined()
    expect(nearest('x', [])).toBeUndefined()
  })
})
