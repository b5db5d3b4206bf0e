import { describe, expect, it } from 'vitest'
import { retryAfterMsOf } from '../../../gateway/core/retry-after.ts'

const now = Date.parse('2026-11-21T12:00:00Z')

describe('how long an engine asks to be left alone', () => {
  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    [{ 'x-ratelimit-reset-requests': '1.5s' }, 1_500],
    [{ 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-reset-tokens': '20ms' }, 20],
    [{ 'retry-after': '2', 'x-ratelimit-reset-requests': '6m0s' }, 2_000],
    [{ 'x-ratelimit-reset-tokens': '1h2m3s' }, 3_600_000],
    [{ 'retry-after': '99999999' }, 3_600_000],
    [{ 'retry-after': ['3', '4'] }, 3_000],
  ])('%j is %i ms', (headers, waitMs) => {
    expect(retryAfterMsOf(headers, now)).toBe(waitMs)
  })

  it.each([
    {},
    { 'retry-after': 'soon' },
    { 'retry-after': '-5' },
    { 'retry-after': '' },
    { 'retry-after-ms': 'NaN' },
    { 'x-ratelimit-reset-requests': 'later' },
    { 'x-ratelimit-reset-requests': '5' },
  ])('%j says nothing', (headers) => {
    expect(retryAfterMsOf(headers, now)).toBeUndefined()
  })
})
