import { BackendError, CallerGone, GatewayError, type BackendFault, type ErrorCode } from '../../gateway/core/errors.ts'

/**
 * What may follow a failed try on the same tier:
 * `again` a try on another replica at once, or on the same one after a wait; `told` the same, but a wait only where the
 * engine said how long; `never` none.
 */
export type Remedy = 'again' | 'told' | 'never'

const afterFault: Readonly<Record<BackendFault, Remedy>> = {
  absent: 'again',
  unavailable: 'again',
  timeout: 'again',
  // There is no time for another one.
  late: 'never',
  connection: 'again',
  crash: 'again',
  protocol: 'again',
  invalid_rows: 'again',
  status: 'again',
  error: 'again',
  // More tries make an overload worse.
  busy: 'told',
  // Nothing was sent, and no other replica of the tier could be asked instead.
  open: 'never',
  no_place: 'never',
  // It is about a text, and no other replica knows better.
  withheld: 'never',
  rejected: 'never',
  // What is not stored now will not be stored in a moment.
  miss: 'never',
}

/** Codes that a backend may throw and that are not final. The rest would end in the same way, or nobody wants the answer. */
const afterCode: Readonly<Partial<Record<ErrorCode, Remedy>>> = {
  EG_NOT_READY: 'again',
  EG_OVERLOADED: 'told',
}

/** What may follow a try that ended with `error`. One of no known class is a backend's `error`. */
export const remedyOf = (error: unknown): Remedy => {
  if (error instanceof BackendError) return afterFault[error.fault]
  if (error instanceof GatewayError) return afterCode[error.code] ?? 'never'
  return error instanceof CallerGone ? 'never' : 'again'
}
