import { expect, it } from 'vitest'
import { isSameSecret } from '../../../gateway/core/same-secret.ts'

it('secrets are the same only when every character is, whatever their lengths', () => {
  expect(isSameSecret('a long secret', 'a long secret')).toBe(true)
  for (const given of ['', 'a long secre', 'a long secret ', 'A long secret', 'another']) {
    expect(isSameSecret(given, 'a long secret'), given).toBe(false)
  }
})
