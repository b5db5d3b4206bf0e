import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../../gateway/config/load.ts'
import { withOverrides, type Override } from '../../../../gateway/config/overrides/override.ts'
import { describeOverride, settle } from '../../../../gateway/config/overrides/settle.ts'

const { config } = parseConfig('test.yaml', 'breaker: { burst: { failures: 7 } }', {})
const override = (fields: Partial<Override>): Override => ({
  key: 'breaker.burst.failures',
  value: 3,
  fileValue: 7,
  by: 'admin',
  from: '127.0.0.1',
  requestId: 'req_1',
  at: '2026-11-22T01:00:00.000Z',
  ...fields,
})

describe('overrides of an earlier run', () => {
  it('are in force while the file says what it said', () => {
    const { inForce, warnings } = settle(config, [override({})])
    expect([inForce, warnings]).toEqual([[override({})], []])
    expect(withOverrides(config, inForce).breaker.burst.failures).toBe(3)
  })

  it("leave the file's configuration as it is", () => {
    withOverrides(config, [override({})])
    expect(config.breaker.burst.failures).toBe(7)
  })

  it('give way to a file that has changed since, and say so', () => {
    const { inForce, warnings } = settle(config, [override({ fileValue: 5 })])
    expect(inForce).toEqual([])
    expect(warnings).toEqual([
      'breaker.burst.failures: 3, set by admin at 2026-11-22T01:00:00.000Z, is dropped: the file says 7 now, and said 5 then',
    ])
  })

  it.each([
    ['a key that is gone', { key: 'breaker.burst.gone' }, 'it cannot be changed while the gateway runs'],
    [
      'a key that only the file may set',
      { key: 'server.port', fileValue: 8080 },
      'it cannot be changed while the gateway runs',
    ],
    ['a value that is not taken any more', { value: 0 }, 'expected an integer of at least 1, got 0'],
    ['what every object has', { key: 'breaker.constructor' }, 'it cannot be changed while the gateway runs'],
  ])('are dropped one by one: %s', (_what, fields, reason) => {
    const good = override({ key: 'retry.retries', fileValue: 3, value: 1 })
    const { inForce, warnings } = settle(config, [override(fields), good])
    expect(inForce).toEqual([good])
    expect(warnings).toEqual([expect.stringContaining(`is dropped: ${reason}`)])
  })

  it('are told to people in one line', () => {
    expect(describeOverride(override({}))).toBe(
      'breaker.burst.failures is 3 instead of 7, set by admin from 127.0.0.1 at 2026-11-22T01:00:00.000Z',
    )
  })
})
