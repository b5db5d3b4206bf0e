import { describe, expect, it } from 'vitest'
import { BackendError, CallerGone, errorTable, GatewayError, type ErrorCode } from '../../../../gateway/core/errors.ts'
import { remedyOf } from '../../../../plugins/retries/retryable.ts'

describe('the matrix of retries', () => {
  it.each([
    ['absent', 'again'],
    ['unavailable', 'again'],
    ['timeout', 'again'],
    ['connection', 'again'],
    ['crash', 'again'],
    ['protocol', 'again'],
    ['invalid_rows', 'again'],
    ['status', 'again'],
    ['error', 'again'],
    ['busy', 'told'],
    ['open', 'never'],
    ['no_place', 'never'],
    ['late', 'never'],
    ['miss', 'never'],
  ] as const)('[R2] %s: %s', (fault, remedy) => {
    expect(remedyOf(new BackendError(fault, ''))).toBe(remedy)
  })

  it("[R2] retries no fault of the caller's, no spent deadline, and nothing else with a final code", () => {
    const codes = Object.keys(errorTable) as ErrorCode[]
    const notFinal = codes.filter((code) => remedyOf(new GatewayError(code, '')) !== 'never')
    expect(notFinal).toEqual(['EG_OVERLOADED', 'EG_NOT_READY'])
    expect(remedyOf(new GatewayError('EG_OVERLOADED', ''))).toBe('told')
    expect(remedyOf(new GatewayError('EG_NOT_READY', ''))).toBe('again')
  })

  it('retries nothing for a caller that has left, and takes an unknown error for a failure', () => {
    expect(remedyOf(new CallerGone())).toBe('never')
    expect(remedyOf(new TypeError('a bug'))).toBe('again')
  })
})
