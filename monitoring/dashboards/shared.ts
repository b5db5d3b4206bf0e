import { here, ofBackend, ofModel, quantile, sumOfRates } from './selectors.ts'
import { lines, stack, states, type Panel } from './spec.ts'

/** Panels that stand on several dashboards: the same question is answered by the same picture everywhere. */

/** Which backends serve. */
export const backendsUp: Panel = states(
  {
    title: 'Backends that serve',
    description:
      'A backend that does not serve is starting, down, drifted, or a device that this machine does not have. GET /health of the instance says which, and why.',
    unit: 'short',
    queries: [{ expr: `embedgate_backend_up{${ofBackend}}`, legend: '{{instance}} {{backend}}' }],
    runbook: 'BackendLost',
  },
  { 0: { text: 'not serving', colour: 'red' }, 1: { text: 'serving', colour: 'green' } },
)

/** How the breakers stand. */
export const breakerStates: Panel = states(
  {
    title: 'Circuit breakers',
    description:
      'Open: the replica has failed and is left alone for 30 s, or for 5 minutes. Half-open: it is tried with single requests.',
    unit: 'short',
    queries: [
      { expr: `embedgate_circuit_breaker_state{${ofBackend}}`, legend: '{{instance}} {{backend}}/{{replica}}' },
    ],
    runbook: 'CircuitBreakerOpen',
  },
  {
    0: { text: 'closed', colour: 'green' },
    1: { text: 'half-open', colour: 'yellow' },
    2: { text: 'open', colour: 'red' },
  },
)

/** From which tier to which, and why. */
export const degradedAnswers: Panel = stack({
  title: 'Degraded answers: from, to, why',
  description:
    'Answers from a lower tier than the instance can give. The reason is why the first tier did not answer: down, breaker_open, timeout, no_place ...',
  unit: 'reqps',
  queries: [
    {
      expr: sumOfRates('model, from, to, reason', `embedgate_degraded_total{${ofModel}}`),
      legend: '{{model}}: {{from}} → {{to}}, {{reason}}',
    },
  ],
  min: 0,
  runbook: 'DegradedServing',
})

/** What callers were told. */
export const errorsByCode: Panel = stack({
  title: 'Errors answered, by code',
  description:
    'EG_INPUT_*, EG_AUTH_*, EG_MODEL_UNKNOWN: the caller. EG_OVERLOADED, EG_OUT_OF_MEMORY: more than can be done. EG_CHAIN_EXHAUSTED, EG_NOT_READY: no tier. EG_INTERNAL: a bug.',
  unit: 'reqps',
  queries: [{ expr: `${sumOfRates('code', `embedgate_errors_total{${here}}`)} > 0`, legend: '{{code}}' }],
  min: 0,
  runbook: 'AvailabilityBurnFast',
})

/** What was refused for lack of capacity. */
export const refusals: Panel = stack({
  title: 'Refused for lack of capacity, by stage and reason',
  description:
    'At the edge before the body is read, at admission by the predicted wait, at a limit for want of a place at an engine (the next tier may have answered).',
  unit: 'reqps',
  queries: [
    {
      expr: sumOfRates('stage, priority, reason', `embedgate_shed_total{${here}}`),
      legend: '{{stage}}: {{reason}} ({{priority}})',
    },
  ],
  min: 0,
  runbook: 'ShedRequests',
})

/** How long requests take. */
export const requestLatency: Panel = lines({
  title: 'Duration of requests',
  description:
    'Of answers with 200, from the first byte of the request to the last of the answer. Bulk requests are in it.',
  unit: 's',
  queries: [0.5, 0.95, 0.99].map((share) => ({
    expr: quantile(share, '', 'embedgate_request_duration_seconds', `${ofModel}, status="200"`),
    legend: `p${share * 100}`,
  })),
  min: 0,
  runbook: 'LatencyBurnFast',
})

/** How long texts wait for a worker. */
export const batchWait: Panel = lines({
  title: 'Time texts wait in a queue (p95)',
  description: 'Of the workers of a backend. Above a second more comes than they do; look at who sends it.',
  unit: 's',
  queries: [
    {
      expr: `instance_backend:embedgate_batch_wait_seconds:p95_rate5m{${ofBackend}}`,
      legend: '{{instance}} {{backend}}',
    },
  ],
  steps: [
    { value: 0.5, colour: 'yellow' },
    { value: 1, colour: 'red' },
  ],
  min: 0,
  runbook: 'QueueSaturation',
})

/** How full the memory is. */
export const memoryUsed: Panel = lines({
  title: 'Memory in use',
  description:
    'Of the limit of the cgroup, or of the machine. At 80 % caches are dropped and then work is refused, at 90 % the instance is not ready.',
  unit: 'percentunit',
  queries: [{ expr: `instance:embedgate_memory:usage_ratio{${here}}`, legend: '{{instance}}' }],
  steps: [
    { value: 0.7, colour: 'yellow' },
    { value: 0.8, colour: 'red' },
  ],
  min: 0,
  max: 1,
  runbook: 'HighMemoryUsage',
})

/** How late the gateway's own process is. */
export const loopDelay: Panel = lines({
  title: 'Longest stop of the event loop',
  description:
    'Between two scrapes. Inference is not on it: what stops it is a plugin, the collector, or a lack of CPU time.',
  unit: 's',
  queries: [{ expr: `nodejs_eventloop_lag_max_seconds{job="embedgate", ${here}}`, legend: '{{instance}}' }],
  steps: [
    { value: 0.1, colour: 'yellow' },
    { value: 0.2, colour: 'red' },
  ],
  min: 0,
  runbook: 'EventLoopBlocked',
})
