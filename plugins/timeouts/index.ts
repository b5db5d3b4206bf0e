import fp from 'fastify-plugin'
import type { Backend } from '../../gateway/core/backend.ts'
import { baseTime } from '../../gateway/core/base-time.ts'
import { silence } from '../../gateway/core/silence.ts'
import { timeout, type Heard } from './timeout.ts'

/** How long an attempt may take. */
export interface TimeoutsOptions {
  /** One attempt on a backend whose entry has no `timeoutMs`. 5 000 by default. */
  readonly inferenceMs: number
}

/** How long the shortest times are remembered; only answers move them on, so that a silent engine keeps its own. */
const basePeriodMs = 30_000

/**
 * Bounds each attempt on a backend. Not on one that keeps a queue of its own: waiting would count as a failure there, so
 * it bounds its inferences itself.
 */
export default fp<TimeoutsOptions>(
  async (app, options) => {
    const engines = new Map<Backend, Heard>()
    const heardOf = (backend: Backend): Heard => {
      const known = engines.get(backend) ?? { silence: silence(app.clock), base: baseTime(app.clock, basePeriodMs) }
      engines.set(backend, known)
      return known
    }
    app.chain.fill('try.timeout', (next, where) => {
      const { backend, policy } = where
      if (!backend || backend.queueing) return next
      return timeout(app.clock, policy?.timeoutMs ?? options.inferenceMs, heardOf(backend))(next, where)
    })
  },
  { name: 'timeouts', dependencies: ['chain'] },
)
