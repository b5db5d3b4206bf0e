import { describe, expect, it } from 'vitest'
import { recordingMeter } from '../../fixtures/recording-meter.ts'
import { embed, fakePool } from './fake-pool.ts'

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe('metrics of a pool', () => {
  it('count every text once, over polls and over a restart', async () => {
    const { meter, values } = recordingMeter()
    const pool = await fakePool(2, {}, { meter })
    const batchSize = () => sum(values('batch_size', { backend: 'cpu' }))
    await pool.supervisor.start()
    const workers = await pool.up(2)
    await Promise.all(Array.from({ length: 20 }, (_, index) => embed(pool, [`a ${index}`, `b ${index}`, `c ${index}`])))
    // Two more texts are the goldens of the two workers.
    await expect.poll(batchSize, { timeout: 5_000 }).toBe(62)
    process.kill(workers[0]?.pid ?? 0, 'SIGKILL')
    await expect.poll(() => values('worker_restarts_total', { backend: 'cpu', reason: 'crash' })).toEqual([1])
    await pool.up(2)
    await Promise.all(Array.from({ length: 10 }, (_, index) => embed(pool, [`again ${index}`])))
    await expect.poll(batchSize, { timeout: 5_000 }).toBe(73)
    expect(values('batch_wait_seconds', { backend: 'cpu' })).toHaveLength(73)
    expect(values('model_load_duration_seconds', { model: 'fake', device: 'fake' })).toHaveLength(3)
    expect(values('memory_usage_bytes', { process: 'cpu-worker-0', kind: 'rss' }).at(-1)).toBeGreaterThan(1_000_000)
  })
})
