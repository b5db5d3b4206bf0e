import type { Log } from '../../gateway/core/log.ts'
import type { BreakerKey } from './breakers.ts'
import type { Transition } from './status.ts'

/** One line for each change of state; opening is a warning. */
export const logTransition = (log: Log, key: BreakerKey, transition: Transition): void => {
  const { counts, cooldownMs, ...change } = transition
  const cooldown = cooldownMs === undefined ? {} : { cooldownMs: Math.round(cooldownMs) }
  const fields = { ...key, ...change, failures: counts.failures, calls: counts.calls, ...cooldown }
  if (transition.to === 'open') log.warn(fields, 'circuit breaker opened')
  else log.info(fields, `circuit breaker is ${transition.to}`)
}
