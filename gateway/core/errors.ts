/**
 * What an attempt's end says about the backend that made it:
 * `success` it answered; `failure` it broke; `overload` it is healthy but full (try another tier, do not blame it);
 * `caller` the request was at fault, the backend is healthy; `neutral` nobody learns anything (the caller left, time
 * was up before sending).
 */
export type Outcome = 'success' | 'failure' | 'overload' | 'caller' | 'neutral'

interface ErrorRow {
  readonly status: number
  readonly type: string
  readonly outcome: Outcome
  /** Whether the same request may succeed in a moment, where no `retryAfterMs` says when; becomes `x-should-retry`. */
  readonly retry: boolean
}

const invalid = { status: 400, type: 'invalid_request_error', outcome: 'caller', retry: false } as const
const unavailable = { status: 503, type: 'service_unavailable_error', outcome: 'failure', retry: true } as const
const startUp = { status: 500, type: 'start_up_error', outcome: 'failure', retry: false } as const

/** Every error a client or an operator can meet: its HTTP status, its OpenAI-style type, and what it says. */
export const errorTable = {
  EG_INPUT_INVALID: invalid,
  EG_INPUT_EMPTY: invalid,
  EG_INPUT_TOO_MANY: invalid,
  EG_INPUT_TOO_LONG: invalid,
  EG_INPUT_TOKENS_UNSUPPORTED: invalid,
  EG_INPUT_NOT_WELL_FORMED: invalid,
  EG_DIMENSIONS_UNSUPPORTED: invalid,
  EG_INPUT_REJECTED: invalid,
  EG_AUTH_MISSING: { ...invalid, status: 401, type: 'authentication_error' },
  EG_AUTH_INVALID: { ...invalid, status: 401, type: 'authentication_error' },
  EG_MODEL_UNKNOWN: { ...invalid, status: 404, type: 'not_found_error' },
  EG_ROUTE_UNKNOWN: { ...invalid, status: 404, type: 'not_found_error' },
  EG_METHOD: { ...invalid, status: 405 },
  EG_REQUEST_TIMEOUT: { ...invalid, status: 408, type: 'timeout_error', retry: true },
  EG_SPACE_MISMATCH: { ...invalid, status: 412 },
  EG_BODY_TOO_LARGE: { ...invalid, status: 413 },
  EG_MEDIA_TYPE: { ...invalid, status: 415 },
  EG_HEADERS_TOO_LARGE: { ...invalid, status: 431 },
  EG_RATE_LIMITED: { status: 429, type: 'rate_limit_error', outcome: 'caller', retry: true },
  EG_INTERNAL: { status: 500, type: 'server_error', outcome: 'failure', retry: false },
  EG_OVERLOADED: { ...unavailable, outcome: 'overload' },
  EG_CHAIN_EXHAUSTED: { ...unavailable, retry: false },
  EG_NOT_READY: unavailable,
  EG_OUT_OF_MEMORY: { ...unavailable, outcome: 'overload' },
  EG_SHUTTING_DOWN: { ...unavailable, outcome: 'neutral' },
  EG_DEADLINE: { status: 504, type: 'timeout_error', outcome: 'neutral', retry: false },
  EG_CONFIG_INVALID: startUp,
  EG_CONFIG_SPACE_MISMATCH: startUp,
  EG_PLUGIN_FAILED: startUp,
  EG_MODEL_CORRUPT: startUp,
  EG_PORT_IN_USE: startUp,
} as const satisfies Record<string, ErrorRow>

/** The stable code of an error; new ones may be added, none changes its meaning. */
export type ErrorCode = keyof typeof errorTable

/** What an error may say beyond its message. */
export interface ErrorDetail {
  /** The request field or config path at fault. */
  readonly param?: string
  /** How long the caller should wait before it tries again. */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** An error with a code of the table: what a client reads, or what stops a start. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly param: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, { cause: detail.cause })
    this.code = code
    this.param = detail.param
    this.retryAfterMs = detail.retryAfterMs
  }

  get row(): ErrorRow {
    return errorTable[this.code]
  }
}

/** Why a backend could not answer: bounded, so that it can be a metric label. */
export type BackendFault =
  | 'absent' // its device is not on this machine
  | 'unavailable' // it is starting, stopping, or has no live worker
  | 'open' // its breaker lets nothing through for now
  | 'no_place' // nothing was sent: as many calls as it can do are with it and too many wait here, or no connection is left
  | 'busy' // its queue is full
  | 'withheld' // workers were lost while a text of the request was running: no further one is risked for it
  | 'rejected' // it cannot compute a text of the request, and computes others
  | 'timeout' // it did not answer within its time limit
  | 'late' // it did not answer in the time that the request could give it
  | 'connection' // refused, reset, or closed early
  | 'crash' // the process computing the rows died
  | 'protocol' // an answer that is not what the protocol says
  | 'invalid_rows' // wrong count or width, not finite, or not of unit length
  | 'status' // an error status of a remote engine
  | 'miss' // the cached-result store lacks at least one row
  | 'error' // anything else it threw

const outcomeOfFault: Record<BackendFault, Outcome> = {
  absent: 'neutral',
  unavailable: 'neutral',
  open: 'neutral',
  no_place: 'overload',
  busy: 'overload',
  withheld: 'neutral',
  rejected: 'neutral',
  timeout: 'failure',
  late: 'neutral',
  connection: 'failure',
  crash: 'failure',
  protocol: 'failure',
  invalid_rows: 'failure',
  status: 'failure',
  miss: 'neutral',
  error: 'failure',
}

/** One try on one backend that gave no answer. Never reaches a client: the chain turns it into a `GatewayError`. */
export class BackendError extends Error {
  override readonly name = 'BackendError'
  readonly fault: BackendFault
  readonly outcome: Outcome
  readonly retryAfterMs: number | undefined

  constructor(fault: BackendFault, message: string, detail: Omit<ErrorDetail, 'param'> = {}) {
    super(message, { cause: detail.cause })
    this.fault = fault
    this.outcome = outcomeOfFault[fault]
    this.retryAfterMs = detail.retryAfterMs
  }
}

/** Whether a try was not made: its breaker or its limit has turned the call away, so that nobody has worked on it. */
export const isTurnedAway = (error: unknown): error is BackendError =>
  error instanceof BackendError && (error.fault === 'open' || error.fault === 'no_place')

/** The caller closed its connection, or another part of its request has failed: nobody is left to answer. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
  constructor() {
    super('nobody waits for the answer any more')
  }
}

/** The outcome class of anything that a backend or layer may throw. Unknown errors are failures. */
export const outcomeOf = (error: unknown): Outcome => {
  if (error instanceof BackendError) return error.outcome
  if (error instanceof GatewayError) return error.row.outcome
  if (error instanceof CallerGone) return 'neutral'
  return 'failure'
}

/** The bounded reason of anything that a backend or layer may throw, for trails, logs and metric labels. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof BackendError) return error.fault
  if (error instanceof GatewayError) return error.code
  if (error instanceof CallerGone) return 'caller_gone'
  return 'error'
}

/** After how many milliseconds to come again, where the error says it. */
export const retryAfterOf = (error: unknown): number | undefined =>
  error instanceof BackendError || error instanceof GatewayError ? error.retryAfterMs : undefined
