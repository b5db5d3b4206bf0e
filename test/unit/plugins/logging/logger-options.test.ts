import { afterEach, describe, expect, it, vi } from 'vitest'
import { loggerOptions } from '../../../../plugins/logging/logger-options.ts'

afterEach(() => void vi.useRealTimers())

describe('loggerOptions', () => {
  it('says the time of each line, however many there are in a millisecond', () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 })
    const { timestamp } = loggerOptions({ logLevel: 'info' }, false, { write: () => {} })
    const now = timestamp as () => string
    expect([now(), now()]).toEqual(Array.from({ length: 2 }, () => ',"time":"2023-11-14T22:13:20.000Z"'))
    vi.setSystemTime(1_700_000_000_001)
    expect(now()).toBe(',"time":"2023-11-14T22:13:20.001Z"')
    vi.setSystemTime(1_700_000_000_000)
    expect(now()).toBe(',"time":"2023-11-14T22:13:20.000Z"')
  })
})
