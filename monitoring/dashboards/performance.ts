import { embedding, here, mean, ofBackend, ofModel, quantile, sumOfRates } from './selectors.ts'
import { batchWait, loopDelay, memoryUsed, requestLatency } from './shared.ts'
import { lines, stack, type DashboardSpec } from './spec.ts'

/** Where the time goes. */
export const performance: DashboardSpec = {
  uid: 'embedgate-performance',
  title: 'Embedgate: performance',
  description: 'Where the time of a request goes: waiting, computing, or the gateway itself.',
  rows: [
    {
      title: 'How fast is it?',
      panels: [
        requestLatency,
        lines({
          title: 'p95 by route and model',
          description:
            'Routes differ in what their callers send; a model is slow, or those who use it send long texts.',
          unit: 's',
          queries: [
            {
              expr: quantile(
                0.95,
                'route, model',
                'embedgate_request_duration_seconds',
                `${ofModel}, ${embedding}, status="200"`,
              ),
              legend: '{{route}} {{model}}',
            },
          ],
          min: 0,
        }),
        lines({
          title: 'Texts a second',
          description: 'Answered, stored ones too.',
          unit: 'short',
          queries: [{ expr: sumOfRates('model', `embedgate_texts_total{${ofModel}}`), legend: '{{model}}' }],
          min: 0,
        }),
        lines({
          title: 'Tokens a second',
          description: 'The true measure of load: a text of 200 words costs as much as thirty short ones.',
          unit: 'short',
          queries: [{ expr: sumOfRates('model', `embedgate_tokens_total{${ofModel}}`), legend: '{{model}}' }],
          min: 0,
        }),
        lines({
          title: 'Texts cut to the limit of their model',
          description: 'What the model did not read is lost to the caller: a high share wants shorter pieces.',
          unit: 'percentunit',
          queries: [
            {
              expr: `${sumOfRates('model', `embedgate_truncated_total{${ofModel}}`)} / ${sumOfRates('model', `embedgate_texts_total{${ofModel}}`)}`,
              legend: '{{model}}',
            },
          ],
          min: 0,
        }),
      ],
    },
    {
      title: 'Waiting, or computing?',
      panels: [
        batchWait,
        lines({
          title: 'Tokens that wait',
          description: 'In the queues of workers, or for a place at an engine.',
          unit: 'short',
          queries: [{ expr: `embedgate_backend_queue_tokens{${ofBackend}}`, legend: '{{instance}} {{backend}}' }],
          min: 0,
          runbook: 'QueueSaturation',
        }),
        lines({
          title: 'Duration of tries (p95)',
          description: 'One try on one backend, waiting included. The slow tier is the one that stands out.',
          unit: 's',
          queries: [
            {
              expr: quantile(0.95, 'backend', 'embedgate_backend_request_duration_seconds', ofBackend),
              legend: '{{backend}}',
            },
          ],
          min: 0,
        }),
        lines({
          title: 'Tries in flight',
          description: 'On each backend now. It follows the rate of requests, times how long a try takes.',
          unit: 'short',
          queries: [{ expr: `embedgate_backend_in_flight{${ofBackend}}`, legend: '{{instance}} {{backend}}' }],
          min: 0,
        }),
        lines({
          title: 'Duration of a batch on the device',
          description:
            'Computing alone, by model and device. If it rises while batches are as large as ever, the device is slower than it was.',
          unit: 's',
          queries: [0.5, 0.95].map((share) => ({
            expr: quantile(share, 'model, device', 'embedgate_model_inference_duration_seconds', here),
            legend: `{{model}} {{device}} p${share * 100}`,
          })),
          min: 0,
        }),
        lines({
          title: 'Texts in a batch',
          description: 'The mean. It rises with the load: workers take together what has come while they computed.',
          unit: 'short',
          queries: [{ expr: mean('backend', 'embedgate_batch_size', ofBackend), legend: '{{backend}}' }],
          min: 0,
        }),
        lines({
          title: 'Tokens in a batch',
          description: 'The mean. Batches are cut by a budget of tokens that fits the device.',
          unit: 'short',
          queries: [{ expr: mean('backend', 'embedgate_batch_tokens', ofBackend), legend: '{{backend}}' }],
          min: 0,
        }),
        lines({
          title: 'Duration of model loads',
          description: 'From the start of a worker to a loaded model, the mean of those in the time shown.',
          unit: 's',
          queries: [
            {
              expr: `sum by (model, device) (embedgate_model_load_duration_seconds_sum{${here}}) / sum by (model, device) (embedgate_model_load_duration_seconds_count{${here}})`,
              legend: '{{model}} {{device}}',
            },
          ],
          min: 0,
        }),
      ],
    },
    {
      title: 'The gateway itself',
      panels: [
        loopDelay,
        lines({
          title: 'CPU of the gateway',
          description: 'Cores in use by the gateway process; workers are not in it. Near 1 the event loop is full.',
          unit: 'short',
          queries: [
            {
              expr: `rate(process_cpu_seconds_total{job="embedgate", ${here}}[$__rate_interval])`,
              legend: '{{instance}}',
            },
          ],
          steps: [{ value: 0.8, colour: 'yellow' }],
          min: 0,
          runbook: 'EventLoopBlocked',
        }),
        lines({
          title: 'Garbage collection',
          description: 'Share of the time that the collector holds the event loop.',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum by (instance) (rate(nodejs_gc_duration_seconds_sum{job="embedgate", ${here}}[$__rate_interval]))`,
              legend: '{{instance}}',
            },
          ],
          min: 0,
        }),
        memoryUsed,
        stack({
          title: 'Memory by process',
          description: 'Resident set of the gateway and of each of its workers.',
          unit: 'bytes',
          queries: [{ expr: `embedgate_memory_usage_bytes{${here}, kind="rss"}`, legend: '{{instance}} {{process}}' }],
          min: 0,
          runbook: 'HighMemoryUsage',
        }),
      ],
    },
  ],
}
