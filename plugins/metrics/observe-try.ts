import { isTurnedAway, outcomeOf, type Outcome } from '../../gateway/core/errors.ts'
import type { Clock } from '../../gateway/core/clock.ts'
import type { Layer } from '../../gateway/core/layer.ts'
import type { Meter } from '../../gateway/core/meter.ts'

/** Seconds: from a remote cache to a bulk batch. */
const tryBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120] as const

/**
 * Counts and times every try on a backend, and how many run: `backend_requests_total`, `backend_request_duration_seconds`,
 * `backend_in_flight`. Replicas of one backend share a series.
 */
export const observeTry = (meter: Meter, clock: Clock): Layer => {
  const count = meter.counter('backend_requests_total', 'Tries on the backend, by outcome; a retry is one too.', [
    'backend',
    'outcome',
  ])
  const duration = meter.histogram(
    'backend_request_duration_seconds',
    'Time of a try on the backend, waiting in its queue included.',
    ['backend'],
    tryBuckets,
  )
  const gauge = meter.gauge('backend_in_flight', 'Tries on the backend that run now.', ['backend'])
  const inFlight = new Map<string, number>()
  return (next, where) => {
    const backend = where.backend?.name ?? where.tier ?? 'other'
    const counts = new Map(outcomes.map((outcome) => [outcome, count({ backend, outcome })]))
    const observe = duration({ backend })
    const setInFlight = gauge({ backend })
    setInFlight(inFlight.get(backend) ?? 0)
    const move = (by: 1 | -1): void => {
      const level = (inFlight.get(backend) ?? 0) + by
      inFlight.set(backend, level)
      setInFlight(level)
    }
    return async (batch, call) => {
      const startedMs = clock.now()
      let outcome: Outcome = 'success'
      let isTried = true
      move(1)
      try {
        return await next(batch, call)
      } catch (error) {
        outcome = outcomeOf(error)
        isTried = !isTurnedAway(error)
        throw error
      } finally {
        move(-1)
        if (isTried) {
          counts.get(outcome)?.()
          observe((clock.now() - startedMs) / 1000)
        }
      }
    }
  }
}

const outcomes: readonly Outcome[] = ['success', 'failure', 'overload', 'caller', 'neutral']
