import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bearerOf } from '../../../../gateway/core/bearer.ts'
import { keyring, newKey } from '../../../../plugins/auth/keys.ts'

describe('newKey', () => {
  it('makes a key of 256 random bits and the digest that the configuration keeps', () => {
    const { key, sha256 } = newKey()
    expect(key).toMatch(/^eg-[A-Za-z0-9_-]{43}$/)
    expect(sha256).toBe(createHash('sha256').update(key).digest('hex'))
    expect(newKey().key).not.toBe(key)
  })
})

describe('keyring', () => {
  const [a, b, c] = [newKey(), newKey(), newKey()]
  const find = keyring([
    [a.sha256, 'a'],
    [b.sha256, 'b'],
    [c.sha256, 'c'],
  ])

  it('finds what belongs to each key', () => {
    expect([a, b, c].map(({ key }) => find(key))).toEqual(['a', 'b', 'c'])
  })

  it('finds nothing for other keys, nor for a digest in place of its key', () => {
    expect(find(newKey().key)).toBeUndefined()
    expect(find('')).toBeUndefined()
    expect(find(a.sha256)).toBeUndefined()
  })

  it('gives the first of two entries of one key', () => {
    const twice = keyring([
      [a.sha256, 'first'],
      [a.sha256, 'second'],
    ])
    expect(twice(a.key)).toBe('first')
  })
})

describe('bearerOf', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER   abc', 'abc'],
    [undefined, undefined],
    ['', undefined],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Bearer a b', undefined],
    ['Basic abc', undefined],
    ['abc', undefined],
  ])('reads %j as %j', (header, token) => {
    expect(bearerOf(header)).toBe(token)
  })
})
