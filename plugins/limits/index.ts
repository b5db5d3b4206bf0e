import fp from 'fastify-plugin'
import { GatewayError } from '../../gateway/core/errors.ts'
import { admission } from './admission.ts'
import { concurrency } from './concurrency.ts'
import { requestsInFlight } from './requests-in-flight.ts'

/** What all requests together may take. */
export interface LimitsOptions {
  /** Estimated tokens waiting or running at once. */
  readonly queueTokens: number
  /** Embedding requests at once, from their first header to the end of their answer. */
  readonly requestsInFlight: number
}

/** Refuses work early, clearly and cheaply, instead of letting it wait past its deadline. */
export default fp<LimitsOptions>(
  async (app, options) => {
    const shedTotal = app.meter.counter('shed_total', 'Requests refused for lack of capacity.', [
      'stage',
      'priority',
      'reason',
    ])

    const edge = requestsInFlight(options.requestsInFlight)
    app.addHook('onRequest', (request, reply, done) => {
      // Health and metrics must answer under overload too.
      if (request.method !== 'POST' || edge.admit(reply.raw, request.raw.socket)) return done()
      shedTotal({ stage: 'edge', priority: 'unknown', reason: 'requests_in_flight' })()
      done(new GatewayError('EG_OVERLOADED', 'too many requests at once', { retryAfterMs: 1000 }))
    })

    const admit = admission(app.clock, {
      queueTokens: options.queueTokens,
      onShed: (priority) => shedTotal({ stage: 'admit', priority, reason: 'queue_full' })(),
    })
    app.chain.fill('request.admit', admit)
    app.chain.fill('try.limit', (next, { policy, backend }) =>
      policy?.maxConcurrency === undefined || backend?.queueing === true
        ? next
        : concurrency(policy.maxConcurrency)(next),
    )
  },
  { name: 'limits', dependencies: ['chain'] },
)
