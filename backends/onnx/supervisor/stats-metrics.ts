import type { Meter } from '../../../gateway/core/meter.ts'
import type { WorkerStats } from '../protocol.ts'
import { restartReasons, type RestartReason } from './slot.ts'
import type { ReadyNotice } from './worker-process.ts'

/** Records what workers report. Each answer to `GET /stats` is recorded once, so batches are counted once. */
export interface WorkerMetrics {
  loaded(about: ReadyNotice): void
  stats(worker: string, about: Pick<ReadyNotice, 'provider'>, stats: WorkerStats): void
  /** Its memory and queue are gone. */
  ended(worker: string): void
  restarting(reason: RestartReason): void
}

const rowBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
const tokenBuckets = [16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384]
const inferenceSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const waitSeconds = [0.0005, ...inferenceSeconds, 10]
const loadSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * The metrics of one pool. The process label is `<backend>-<worker>`, e.g. `cpu-worker-0`: two pools have a `worker-0` each.
 */
export const workerMetrics = (meter: Meter, backend: string, model: string): WorkerMetrics => {
  const batchSize = meter.histogram('batch_size', 'Texts per batch.', ['backend'], rowBuckets)({ backend })
  const batchTokens = meter.histogram('batch_tokens', 'Tokens per batch.', ['backend'], tokenBuckets)({ backend })
  const batchWait = meter.histogram(
    'batch_wait_seconds',
    'Time a text waits in the queue of a worker.',
    ['backend'],
    waitSeconds,
  )({ backend })
  const inference = meter.histogram(
    'model_inference_duration_seconds',
    'Time of one batch on the device.',
    ['model', 'device'],
    inferenceSeconds,
  )
  const load = meter.histogram(
    'model_load_duration_seconds',
    'Time from the start of a worker to a loaded model.',
    ['model', 'device'],
    loadSeconds,
  )
  const restarts = meter.counter('worker_restarts_total', 'Workers started again.', ['backend', 'reason'])
  // From 0 on: Prometheus sees no increase in a series that begins with its first restart.
  for (const reason of restartReasons) restarts({ backend, reason })
  const queue = meter.gauge('backend_queue_tokens', 'Tokens that wait for a backend.', ['backend'])({
    backend,
  })
  const memory = meter.gauge('memory_usage_bytes', 'Memory in use.', ['process', 'kind'])

  const queued = new Map<string, number>()
  const setQueued = (worker: string, tokens: number): void => {
    queued.set(worker, tokens)
    queue([...queued.values()].reduce((sum, count) => sum + count, 0))
  }
  const setMemory = (worker: string, bytes: number): void =>
    memory({ process: `${backend}-${worker}`, kind: 'rss' })(bytes)

  return {
    loaded: (about) => load({ model, device: about.provider })(about.loadMs / 1_000),
    stats(worker, about, stats) {
      const recordInference = inference({ model, device: about.provider })
      for (const batch of stats.batches) {
        batchSize(batch.rows)
        batchTokens(batch.tokens)
        recordInference(batch.inferenceMs / 1_000)
        for (const waitMs of batch.waitMs) batchWait(waitMs / 1_000)
      }
      setMemory(worker, stats.rssBytes)
      setQueued(worker, stats.queuedTokens)
    },
    ended(worker) {
      setMemory(worker, 0)
      setQueued(worker, 0)
    },
    restarting: (reason) => restarts({ backend, reason })(),
  }
}
