import type { Meter } from '../../gateway/core/meter.ts'
import type { BreakerKey, Breakers } from './breakers.ts'
import type { BreakerState, Transition } from './status.ts'

/** The value of `circuit_breaker_state`. */
const stateValues: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** Sets `circuit_breaker_state` and `circuit_breaker_error_ratio` before each scrape, so that they are true without calls. */
export const showBreakers = (meter: Meter, breakers: Pick<Breakers, 'list'>): void => {
  const labels = ['backend', 'replica'] as const
  const setState = meter.gauge('circuit_breaker_state', 'State of the breaker: 0 closed, 1 half-open, 2 open.', labels)
  const setRatio = meter.gauge(
    'circuit_breaker_error_ratio',
    'Share of failed calls in the window of the rate rule; 0 without calls.',
    labels,
  )
  meter.onScrape(() => {
    for (const { backend, replica, state, windows } of breakers.list()) {
      const { calls, failures } = windows.rate
      setState({ backend, replica: String(replica) })(stateValues[state])
      setRatio({ backend, replica: String(replica) })(calls === 0 ? 0 : failures / calls)
    }
  })
}

/** Counts changes of state: `circuit_breaker_transitions_total`. */
export const countTransitions = (meter: Meter): ((key: BreakerKey, transition: Transition) => void) => {
  const count = meter.counter('circuit_breaker_transitions_total', 'Changes of state of the breaker.', [
    'backend',
    'replica',
    'from',
    'to',
    'cause',
  ])
  return ({ backend, replica }, { from, to, cause }) => count({ backend, replica: String(replica), from, to, cause })()
}
