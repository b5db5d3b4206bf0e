import type { FastifyInstance } from 'fastify'
import { BackendError, outcomeOf } from '../../../gateway/core/errors.ts'
import type { Layer } from '../../../gateway/core/layer.ts'

const cooldownMs = 500

/** A small breaker that opens at the third failure in a row and, half-open, lets `width` probes through at once. */
export const admittingBreaker =
  (width: number) =>
  (_real: Layer | undefined, app: FastifyInstance): Layer => {
    const transitions = app.meter.counter('circuit_breaker_transitions_total', 'Changes of state.', [
      'backend',
      'replica',
      'from',
      'to',
      'cause',
    ])
    const breakers = new Map<string, SmallBreaker>()
    return (next, { backend: { name: backend, replica, computing } = unknown }) => {
      if (!computing) return next
      const id = `${backend}/${replica}`
      const breaker = breakers.get(id) ?? { state: 'closed', openUntilMs: 0, failures: 0, probes: 0, epoch: 0 }
      breakers.set(id, breaker)
      const become = (to: SmallBreaker['state']): void => {
        transitions({ backend, replica: String(replica), from: breaker.state, to, cause: 'burst' })()
        breaker.epoch++
        Object.assign(breaker, { state: to, probes: 0, failures: 0, openUntilMs: app.clock.now() + cooldownMs })
      }
      return async (batch, call) => {
        if (breaker.state === 'open' && app.clock.now() >= breaker.openUntilMs) become('half-open')
        const isProbe = breaker.state === 'half-open'
        if (breaker.state === 'open' || (isProbe && breaker.probes >= width)) throw new BackendError('open', 'open')
        const begunIn = breaker.epoch
        if (isProbe) breaker.probes++
        try {
          const answer = await next(batch, call)
          if (begunIn !== breaker.epoch) return answer
          breaker.failures = 0
          if (isProbe) become('closed')
          return answer
        } catch (error) {
          if (begunIn !== breaker.epoch) throw error
          if (isProbe) breaker.probes--
          if (outcomeOf(error) === 'failure' && (++breaker.failures >= 3 || isProbe)) become('open')
          throw error
        }
      }
    }
  }

interface SmallBreaker {
  readonly state: 'closed' | 'open' | 'half-open'
  readonly openUntilMs: number
  failures: number
  probes: number
  epoch: number
}

const unknown = { name: 'other', replica: 0, computing: false } as const
