import { here, ofBackend, ofModel, sumOfRates } from './selectors.ts'
import { backendsUp, breakerStates, degradedAnswers, refusals } from './shared.ts'
import { lines, stack, type DashboardSpec } from './spec.ts'

/** What fails, and what is done about it. */
export const resilience: DashboardSpec = {
  uid: 'embedgate-resilience',
  title: 'Embedgate: resilience',
  description: 'What fails, what the gateway does about it, and what is left.',
  rows: [
    {
      title: 'What is left?',
      panels: [
        lines({
          title: 'Tiers that can compute',
          description: 'For each model. At 0 only stored results answer.',
          unit: 'short',
          queries: [{ expr: `embedgate_chain_available_tiers{${ofModel}}`, legend: '{{instance}} {{model}}' }],
          base: 'red',
          steps: [{ value: 1, colour: 'green' }],
          min: 0,
          runbook: 'NoHealthyTier',
        }),
        backendsUp,
        degradedAnswers,
      ],
    },
    {
      title: 'What fails?',
      panels: [
        breakerStates,
        stack({
          title: 'Tries by outcome',
          description:
            'failure: it broke. overload: it is full. caller: the request was at fault. neutral: nobody waited any more. Calls that an open breaker turned away are not in it.',
          unit: 'reqps',
          queries: [
            {
              expr: sumOfRates('backend, outcome', `embedgate_backend_requests_total{${ofBackend}}`),
              legend: '{{backend}}: {{outcome}}',
            },
          ],
          min: 0,
          runbook: 'CircuitBreakerOpen',
        }),
        lines({
          title: 'Share of failed calls, as the breaker sees it',
          description: 'In the 60 s of its rate rule: above a half of at least 20 calls it opens for 5 minutes.',
          unit: 'percentunit',
          queries: [
            {
              expr: `embedgate_circuit_breaker_error_ratio{${ofBackend}}`,
              legend: '{{instance}} {{backend}}/{{replica}}',
            },
          ],
          steps: [
            { value: 0.2, colour: 'yellow' },
            { value: 0.5, colour: 'red' },
          ],
          min: 0,
          max: 1,
          runbook: 'CircuitBreakerOpen',
        }),
        lines({
          title: 'Changes of breakers, and their cause',
          description: 'burst: five failures in 10 s. rate: more than half in a minute. forced, reset: an operator.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (backend, replica, from, to, cause) (increase(embedgate_circuit_breaker_transitions_total{${ofBackend}}[$__rate_interval]))`,
              legend: '{{backend}}/{{replica}} {{from}} → {{to}} ({{cause}})',
            },
          ],
          min: 0,
          runbook: 'CircuitBreakerOpen',
        }),
        lines({
          title: 'Workers started again',
          description:
            'By reason: crash, frozen, connection, protocol, inference, start. Looking for a device that is absent is not shown.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (instance, backend, reason) (increase(embedgate_worker_restarts_total{${ofBackend}, reason!="absent"}[$__rate_interval])) > 0`,
              legend: '{{instance}} {{backend}}: {{reason}}',
            },
          ],
          min: 0,
          runbook: 'WorkerRestarts',
        }),
      ],
    },
    {
      title: 'What is done about it?',
      panels: [
        stack({
          title: 'Retries by reason',
          description: 'Tries made again on another replica or after a wait. Stepping down a tier is no retry.',
          unit: 'reqps',
          queries: [
            {
              expr: sumOfRates('backend, reason', `embedgate_retries_total{${ofBackend}}`),
              legend: '{{backend}}: {{reason}}',
            },
          ],
          min: 0,
        }),
        lines({
          title: 'Retries that the budget refused',
          description: 'Retries are at most a fifth of the requests. Beyond that failures are passed on at once.',
          unit: 'reqps',
          queries: [
            { expr: sumOfRates('instance', `embedgate_retry_budget_exhausted_total{${here}}`), legend: '{{instance}}' },
          ],
          steps: [{ value: 0.1, colour: 'red' }],
          min: 0,
          runbook: 'RetryBudgetExhausted',
        }),
        refusals,
      ],
    },
    {
      title: 'Are the vectors right?',
      panels: [
        lines({
          title: 'Parity and its floor',
          description: 'Lowest cosine of a backend to the reference vectors. Below its floor it serves nothing.',
          unit: 'short',
          queries: [
            { expr: `embedgate_backend_parity_cosine{${ofBackend}}`, legend: '{{instance}} {{backend}}' },
            {
              expr: `embedgate_backend_parity_floor_cosine{${ofBackend}}`,
              legend: 'floor of {{instance}} {{backend}}',
            },
          ],
          max: 1,
          runbook: 'ParityDrift',
        }),
        lines({
          title: 'Since the last canary',
          description: 'Reference texts go to every tier that serves, every 30 s, on the way of any other request.',
          unit: 's',
          queries: [
            {
              expr: `time() - embedgate_canary_last_success_timestamp_seconds{${ofBackend}}`,
              legend: '{{instance}} {{backend}}',
            },
          ],
          steps: [
            { value: 60, colour: 'yellow' },
            { value: 300, colour: 'red' },
          ],
          min: 0,
          runbook: 'CanariesStopped',
        }),
        lines({
          title: 'Time since the start',
          description: 'Of each gateway process. A fall to 0 is a restart.',
          unit: 's',
          queries: [{ expr: `time() - process_start_time_seconds{job="embedgate", ${here}}`, legend: '{{instance}}' }],
          min: 0,
          runbook: 'GatewayDown',
        }),
      ],
    },
  ],
}
