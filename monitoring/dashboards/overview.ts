import { embedding, here, ofModel, quantile, sumOfRates } from './selectors.ts'
import {
  backendsUp,
  batchWait,
  breakerStates,
  degradedAnswers,
  errorsByCode,
  loopDelay,
  memoryUsed,
  refusals,
  requestLatency,
} from './shared.ts'
import { lines, number, stack, type DashboardSpec } from './spec.ts'

const answered = `embedgate_requests_total{${ofModel}, ${embedding}, status="200"}`

/** The page to open first. */
export const overview: DashboardSpec = {
  uid: 'embedgate-overview',
  title: 'Embedgate: overview',
  description: 'Are users fine? If not: which tier, why, since when? Then: how full is it?',
  rows: [
    {
      title: 'Are users fine?',
      panels: [
        number({
          title: 'Requests that did not fail',
          description:
            'Of all embedding requests in 5 minutes, over all instances. The objective is 99.9 %; refusals under overload count as failures.',
          unit: 'percentunit',
          queries: [{ expr: '1 - job:embedgate_request_errors:ratio_rate5m', legend: '{{job}}' }],
          base: 'red',
          steps: [
            { value: 0.99, colour: 'yellow' },
            { value: 0.999, colour: 'green' },
          ],
          runbook: 'AvailabilityBurnFast',
        }),
        number({
          title: 'Answers within a second',
          description: 'Of all answers with 200 in 5 minutes, over all instances. The objective is 99 %.',
          unit: 'percentunit',
          queries: [{ expr: '1 - job:embedgate_requests_slow:ratio_rate5m', legend: '{{job}}' }],
          base: 'red',
          steps: [
            { value: 0.95, colour: 'yellow' },
            { value: 0.99, colour: 'green' },
          ],
          runbook: 'LatencyBurnFast',
        }),
        number({
          title: 'Degraded answers',
          description:
            'Share of the answers that came from a lower tier than their instance can give. They are right, but slower or older.',
          unit: 'percentunit',
          queries: [
            {
              expr: `(sum(rate(embedgate_degraded_total{${ofModel}}[$__rate_interval])) or vector(0)) / sum(rate(${answered}[$__rate_interval]))`,
              legend: 'degraded',
            },
          ],
          steps: [
            { value: 0.01, colour: 'yellow' },
            { value: 0.05, colour: 'orange' },
          ],
          runbook: 'DegradedServing',
        }),
        number({
          title: 'Requests',
          description: 'Embedding requests a second, whatever they were answered.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum(rate(embedgate_requests_total{${ofModel}, ${embedding}}[$__rate_interval]))`,
              legend: 'requests',
            },
          ],
        }),
        number({
          title: 'p95',
          description: '95 of 100 answers with 200 took at most this long.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, '', 'embedgate_request_duration_seconds', `${ofModel}, ${embedding}, status="200"`),
              legend: 'p95',
            },
          ],
          steps: [
            { value: 0.5, colour: 'yellow' },
            { value: 1, colour: 'red' },
          ],
          runbook: 'LatencyBurnFast',
        }),
        number({
          title: 'Instances',
          description: 'Gateways that answer Prometheus.',
          unit: 'short',
          queries: [{ expr: 'sum(up{job="embedgate"})', legend: 'up' }],
          base: 'red',
          steps: [{ value: 1, colour: 'green' }],
          runbook: 'GatewayDown',
        }),
        number({
          title: 'Alerts that fire',
          description:
            "Those of this page's instances and of the whole job. The list is in Alertmanager; each has a runbook.",
          unit: 'short',
          queries: [{ expr: 'count(ALERTS{alertstate="firing", job="embedgate"}) or vector(0)', legend: 'firing' }],
          steps: [{ value: 1, colour: 'red' }],
        }),
      ],
    },
    {
      title: 'Which tier, why, since when?',
      panels: [backendsUp, breakerStates, degradedAnswers, errorsByCode, refusals],
    },
    {
      title: 'What comes, and what goes',
      panels: [
        stack({
          title: 'Requests by status',
          description: "499: the caller left first. 4xx is the caller's, 5xx is ours.",
          unit: 'reqps',
          queries: [
            { expr: sumOfRates('status', `embedgate_requests_total{${ofModel}, ${embedding}}`), legend: '{{status}}' },
          ],
          min: 0,
        }),
        requestLatency,
        lines({
          title: 'Tokens by tenant',
          description:
            'Who makes the load. A tenant that is too much for the others wants tokensPerMinute or the bulk class.',
          unit: 'short',
          queries: [
            { expr: `topk(10, ${sumOfRates('tenant', `embedgate_tokens_total{${ofModel}}`)})`, legend: '{{tenant}}' },
          ],
          min: 0,
        }),
        lines({
          title: 'Requests in flight',
          description: 'Being answered now. A level that rises at the same rate of requests is a queue.',
          unit: 'short',
          queries: [
            {
              expr: `sum by (instance) (embedgate_requests_in_flight{${here}, ${embedding}})`,
              legend: '{{instance}}',
            },
          ],
          min: 0,
        }),
      ],
    },
    { title: 'How full is it?', panels: [batchWait, memoryUsed, loopDelay] },
  ],
}
