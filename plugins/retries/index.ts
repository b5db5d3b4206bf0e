import fp from 'fastify-plugin'
import type { RetryBudgetSettings, RetrySettings } from '../../gateway/core/policy.ts'
import { countRequests } from './count-requests.ts'
import { retryBudget, type BudgetLevel } from './retry-budget.ts'
import { retry } from './retry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    retries: Retries
  }
}

/** The section `retry` of the configuration. */
export interface RetriesSettings extends RetrySettings {
  /** Shared by all models and tiers. */
  readonly budget: RetryBudgetSettings
}

/** Options of the plugin. */
export interface RetriesOptions extends RetriesSettings {
  /** Uniform in [0, 1); `Math.random` by default. */
  readonly random?: () => number
}

/** `app.retries`. */
export interface Retries {
  /** Replaces the settings, from the next failure on. What an entry says of itself still goes before them. */
  configure(settings: RetriesSettings): void
  /** How much of the budget is used. */
  level(): BudgetLevel
}

/** Makes failed tries again, in tiers that compute: a stored result that is missing would be missing again. */
export default fp<RetriesOptions>(
  async (app, { random = Math.random, ...configured }) => {
    let settings: RetriesSettings = configured
    const budget = retryBudget(app.clock, () => settings.budget)
    app.decorate('retries', {
      configure: (changed: RetriesSettings) => {
        settings = changed
      },
      level: () => budget.level(),
    })

    const retries = app.meter.counter(
      'retries_total',
      'Tries on the backend made again, by what the one before failed with.',
      ['backend', 'reason'],
    )
    const onExhausted = app.meter.counter(
      'retry_budget_exhausted_total',
      'Retries that the budget did not allow.',
      [],
    )({})
    app.chain.fill('tier.retry', (next, { tier: backend = 'other', computing, policy, alternatives }) => {
      if (!computing || !alternatives) return next
      const retrying = retry(next, {
        clock: app.clock,
        random,
        settings: () => ({ ...settings, ...policy?.retry }),
        budget,
        alternatives,
        onRetry: (reason) => retries({ backend, reason })(),
        onExhausted: () => onExhausted(),
      })
      return countRequests(retrying, budget, alternatives)
    })
  },
  { name: 'retries', dependencies: ['chain'] },
)
