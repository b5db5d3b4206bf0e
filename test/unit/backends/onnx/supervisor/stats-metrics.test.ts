import { describe, expect, it } from 'vitest'
import { workerMetrics } from '../../../../../backends/onnx/supervisor/stats-metrics.ts'
import { recordingMeter } from '../../../../fixtures/recording-meter.ts'
import { scriptedWorker, statsOf } from './scripted-worker.ts'

const { about } = scriptedWorker()
const batch = { number: 1, rows: 3, tokens: 30, paddedTokens: 36, waitMs: [1, 2, 3], inferenceMs: 50 }

describe('workerMetrics', () => {
  it('records each batch, its rows and their waits', () => {
    const { meter, values } = recordingMeter()
    const metrics = workerMetrics(meter, 'cpu', 'mini')
    metrics.loaded({ ...about, loadMs: 400 })
    metrics.stats('worker-0', about, statsOf([batch, { ...batch, number: 2, rows: 1, waitMs: [4] }]))
    expect(values('batch_size', { backend: 'cpu' })).toEqual([3, 1])
    expect(values('batch_tokens', { backend: 'cpu' })).toEqual([30, 30])
    expect(values('batch_wait_seconds', { backend: 'cpu' })).toEqual([0.001, 0.002, 0.003, 0.004])
    expect(values('model_inference_duration_seconds', { model: 'mini', device: 'cpu' })).toEqual([0.05, 0.05])
    expect(values('model_load_duration_seconds', { model: 'mini', device: 'cpu' })).toEqual([0.4])
  })

  it('adds the queues of workers up, and forgets what an ended worker held', () => {
    const { meter, values } = recordingMeter()
    const metrics = workerMetrics(meter, 'cpu', 'mini')
    metrics.stats('worker-0', about, statsOf([]))
    metrics.stats('worker-1', about, statsOf([]))
    metrics.ended('worker-0')
    expect(values('backend_queue_tokens', { backend: 'cpu' })).toEqual([7, 14, 7])
    expect(values('memory_usage_bytes', { process: 'cpu-worker-0', kind: 'rss' })).toEqual([1_000, 0])
  })

  it('counts restarts by reason', () => {
    const { meter, values } = recordingMeter()
    workerMetrics(meter, 'cpu', 'mini').restarting('frozen')
    expect(values('worker_restarts_total', { backend: 'cpu', reason: 'frozen' })).toEqual([1])
  })
})
