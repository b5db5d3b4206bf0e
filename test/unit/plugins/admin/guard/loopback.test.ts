import { describe, expect, it } from 'vitest'
import { isLoopback } from '../../../../../plugins/admin/guard/loopback.ts'

describe('loopback', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('is %s', (host) => expect(isLoopback(host)).toBe(true))

  it.each(['0.0.0.0', '::', '10.0.0.1', 'fe80::1', 'localhost.example', 'gate.internal', ''])('is not %s', (host) =>
    expect(isLoopback(host)).toBe(false),
  )
})
