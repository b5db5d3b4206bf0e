import fp from 'fastify-plugin'
import type { Backend } from '../../gateway/core/backend.ts'
import type { Priority } from '../../gateway/core/call.ts'
import { rateLimitedLog } from '../../gateway/core/rate-limited-log.ts'
import { admission } from './admission/admission.ts'
import { concurrency } from './concurrency/concurrency.ts'
import { countNoPlace } from './concurrency/count-no-place.ts'
import { places, type Places } from './concurrency/places.ts'
import { guardEdge, type EdgeOptions } from './edge/index.ts'
import { guardMemory } from './memory/index.ts'

/** What all requests together may take. */
export interface LimitsOptions extends EdgeOptions {
  /** Estimated tokens waiting or running at once, over all models. */
  readonly queueTokens: number
}

/** Calls at once to one replica of an engine, where its entry does not say: more than one device works on. */
const defaultMaxConcurrency = 64

/** Refuses work early, clearly and cheaply, instead of letting it wait past its deadline. */
export default fp<LimitsOptions>(
  async (app, options) => {
    const shedTotal = app.meter.counter(
      'shed_total',
      'Requests refused for lack of capacity, by where, class and what was lacking.',
      ['stage', 'priority', 'reason'],
    )
    const shed = (stage: 'admit' | 'limit', priority: Priority, reason: string): void =>
      shedTotal({ stage, priority, reason })()

    guardEdge(app, options, (reason) => shedTotal({ stage: 'edge', priority: 'unknown', reason })())

    const whileThereIsMemory = guardMemory(app, (priority) => shed('admit', priority, 'memory'))
    const { admit, observe } = admission(app.clock, {
      queueTokens: options.queueTokens,
      onShed: (priority, reason) => shed('admit', priority, reason),
    })
    app.chain.fill('request.admit', (next, where) => whileThereIsMemory(admit(next, where), where))
    app.chain.fill('tier.observe', observe)

    const engines = new Map<Backend, Places>()
    const queueTokens = app.meter.gauge(
      'backend_queue_tokens',
      'Estimated tokens that wait for the backend: in its workers, or for a place at its engine.',
      ['backend'],
    )
    app.meter.onScrape(() => {
      const waiting = new Map<string, number>()
      for (const [{ name }, each] of engines) waiting.set(name, (waiting.get(name) ?? 0) + each.waitingTokens())
      for (const [backend, tokens] of waiting) queueTokens({ backend })(tokens)
    })
    const placesOf = (backend: Backend, ceiling = defaultMaxConcurrency): Places => {
      const known = engines.get(backend) ?? places(app.clock, ceiling)
      engines.set(backend, known)
      return known
    }
    app.chain.fill(
      'tier.observe',
      countNoPlace(
        (priority, reason) => shed('limit', priority, reason),
        rateLimitedLog(app.log, app.clock, { apart: ({ backend }) => String(backend) }),
      ),
    )
    app.chain.fill('try.limit', (next, where) => {
      const { backend, policy } = where
      if (!backend?.computing || backend.queueing) return next
      return concurrency(placesOf(backend, policy?.maxConcurrency))(next, where)
    })
  },
  { name: 'limits', dependencies: ['chain', 'health', 'pressure'] },
)
