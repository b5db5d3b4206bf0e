import { describe, expect, it } from 'vitest'
import { requestIdOf } from '../../../gateway/http/request-id.ts'

describe('requestIdOf', () => {
  it.each(['a', 'Ab-9_.z', 'x'.repeat(128)])('keeps the sane id %s', (id) => {
    expect(requestIdOf({ 'x-request-id': id })).toBe(id)
  })

  it.each(['', 'x'.repeat(129), 'a b', 'a\nb', '<script>', 'caf\u00e9'])('replaces %j', (id) => {
    expect(requestIdOf({ 'x-request-id': id })).toMatch(/^req_[0-9a-f]{32}$/)
  })

  it('never gives the same id twice', () => {
    const ids = Array.from({ length: 2000 }, () => requestIdOf({}))
    expect(new Set(ids).size).toBe(2000)
  })
})
