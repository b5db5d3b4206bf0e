import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { GatewayError } from '../../../gateway/core/errors.ts'
import { keyScope, rememberedScopes, resultKey } from '../../../store/key.ts'

const space = '0123456789abcdef'

describe('result key', () => {
  it('differs between texts, tenants and spaces', () => {
    const keys = [
      resultKey(keyScope(space, 'a'), 'text'),
      resultKey(keyScope(space, 'b'), 'text'),
      resultKey(keyScope('fedcba9876543210', 'a'), 'text'),
      resultKey(keyScope(space, 'a'), 'text '),
    ]
    expect(new Set(keys).size).toBe(4)
  })

  it('holds neither the text nor the tenant', () => {
    const key = resultKey(keyScope(space, 'tenant-name'), 'secret text')
    expect(key).not.toContain('tenant-name')
    expect(key).not.toContain('secret')
  })

  it.each(['\ud800', '\udbff', 'a\udc00b', '\udc00\ud800'])('refuses a text that is not well-formed', (text) => {
    expect(() => resultKey('scope:', text)).toThrow(
      expect.objectContaining<Partial<GatewayError>>({ code: 'EG_INPUT_NOT_WELL_FORMED' }),
    )
  })

  it('gives two texts one key only if they are equal', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(keyOrText(a) === keyOrText(b)).toBe(a === b)
      }),
    )
    expect(resultKey('s:', '\ufffd')).not.toBe(resultKey('s:', '\u{10ffff}'))
  })
})

describe('remembered scopes', () => {
  it('are those of keyScope, however many are in use', () => {
    const scopeOf = rememberedScopes(2)
    for (let round = 0; round < 3; round++) {
      for (const tenant of ['a', 'b', 'c']) expect(scopeOf(space, tenant)).toBe(keyScope(space, tenant))
    }
  })
})

const anyText = fc.string({ unit: 'binary', maxLength: 6 })

/** A refused text stands for itself: it never shares a key. */
const keyOrText = (text: string): string => {
  try {
    return resultKey('s:', text)
  } catch {
    return text
  }
}
