import type { Meter } from '../../gateway/core/meter.ts'
import { bindOnce } from './bind-once.ts'

/** How a request ended, as labels: all values are bounded. */
export interface RequestLabels {
  readonly route: string
  readonly model: string
  /** The HTTP status, 499 when the caller left first. */
  readonly status: string
  readonly tenant: string
  /** Undefined: not known, and not counted. */
  readonly durationMs: number | undefined
}

/** Counts requests as they begin and end. */
export interface RequestMetrics {
  begin(route: string): void
  end(request: RequestLabels): void
}

/** Seconds: from a cache hit to the 10 s deadline, and beyond it for bulk. */
export const requestBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120,
] as const

/** `requests_total`, `request_duration_seconds` and `requests_in_flight`. */
export const requestMetrics = (meter: Meter): RequestMetrics => {
  const count = meter.counter('requests_total', 'Requests that have ended, by route, model, status and tenant.', [
    'route',
    'model',
    'status',
    'tenant',
  ])
  const duration = meter.histogram(
    'request_duration_seconds',
    'Time from the head of a request to the end of its answer.',
    ['route', 'model', 'status'],
    requestBuckets,
  )
  const gauge = meter.gauge('requests_in_flight', 'Requests being answered.', ['route'])
  const inFlight = bindOnce(['route'], (labels) => ({ now: 0, set: gauge(labels) }))
  const series = bindOnce(['route', 'model', 'status', 'tenant'], (labels) => ({
    count: count(labels),
    observe: duration(labels),
  }))
  const move = (route: string, by: 1 | -1): void => {
    const level = inFlight({ route })
    level.now += by
    level.set(level.now)
  }
  return {
    begin: (route) => move(route, 1),
    end: (request) => {
      move(request.route, -1)
      const { count: increment, observe } = series(request)
      increment()
      if (request.durationMs !== undefined) observe(request.durationMs / 1000)
    },
  }
}
