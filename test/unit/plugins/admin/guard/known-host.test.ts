import { describe, expect, it } from 'vitest'
import { isKnownHost } from '../../../../../plugins/admin/guard/known-host.ts'

describe('a known host', () => {
  const names = new Set(['gate.internal'])

  it.each(['127.0.0.1:8081', '10.1.2.3', '[::1]:8081', '[fe80::1]', 'localhost', 'LOCALHOST:8081', 'Gate.Internal:1'])(
    'is %s',
    (header) => expect(isKnownHost(names, header)).toBe(true),
  )

  it.each([
    'evil.example:8081',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'gate.internal.evil',
    '',
    ':80',
    '[::1',
    '::1',
    '1.2.3.4:8081:80',
    undefined,
  ])('is not %s', (header) => expect(isKnownHost(names, header)).toBe(false))
})
