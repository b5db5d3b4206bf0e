import { describe, expect, it } from 'vitest'
import {
  BackendError,
  CallerGone,
  errorTable,
  GatewayError,
  outcomeOf,
  reasonOf,
  type ErrorCode,
  retryAfterOf,
} from '../../../gateway/core/errors.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

describe('the table of errors', () => {
  it.each(codes.filter((code) => errorTable[code].status < 500))(
    'blames the caller, not the backend, for %s',
    (code) => {
      expect(outcomeOf(new GatewayError(code, ''))).toBe('caller')
    },
  )

  it('has no status that clients do not know how to handle', () => {
    const statuses = new Set(codes.map((code) => errorTable[code].status))
    expect([...statuses].sort((a, b) => a - b)).toEqual([
      400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 429, 431, 500, 503, 504, 507,
    ])
  })

  it('asks for no retry where the whole chain or the whole deadline was spent', () => {
    expect(errorTable.EG_CHAIN_EXHAUSTED.retry).toBe(false)
    expect(errorTable.EG_DEADLINE.retry).toBe(false)
  })
})

describe('the outcome of an error', () => {
  it('is overload for a full backend, neutral for a caller that left, failure for anything unknown', () => {
    expect(outcomeOf(new BackendError('busy', ''))).toBe('overload')
    expect(outcomeOf(new CallerGone())).toBe('neutral')
    expect(outcomeOf(new TypeError('x'))).toBe('failure')
    expect(outcomeOf('thrown text')).toBe('failure')
  })

  it('comes with a bounded reason', () => {
    expect(reasonOf(new BackendError('crash', 'worker 3 died'))).toBe('crash')
    expect(reasonOf(new GatewayError('EG_DEADLINE', ''))).toBe('EG_DEADLINE')
    expect(reasonOf(new Error('anything'))).toBe('error')
  })
})

describe('retryAfterOf', () => {
  it('reads how long the engine wants to be left alone', () => {
    expect(retryAfterOf(new BackendError('busy', '', { retryAfterMs: 700 }))).toBe(700)
    expect(retryAfterOf(new GatewayError('EG_OVERLOADED', '', { retryAfterMs: 800 }))).toBe(800)
    expect(retryAfterOf(new BackendError('busy', ''))).toBeUndefined()
    expect(retryAfterOf(new Error('no idea'))).toBeUndefined()
  })
})
