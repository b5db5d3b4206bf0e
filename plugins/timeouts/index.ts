import fp from 'fastify-plugin'
import { timeout } from './timeout.ts'

/** How long an attempt may take. */
export interface TimeoutsOptions {
  /** One attempt on a backend whose entry has no `timeoutMs`. 5 000 by default. */
  readonly inferenceMs: number
}

/**
 * Bounds each attempt on a backend. Not on one that keeps a queue of its own: waiting would count as a failure there, so
 * it bounds its inferences itself.
 */
export default fp<TimeoutsOptions>(
  async (app, options) => {
    app.chain.fill('try.timeout', (next, { backend, policy }) =>
      backend?.queueing === true ? next : timeout(app.clock, policy?.timeoutMs ?? options.inferenceMs)(next),
    )
  },
  { name: 'timeouts', dependencies: ['chain'] },
)
