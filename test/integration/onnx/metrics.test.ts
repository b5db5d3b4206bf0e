import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { promMeter } from '../../../plugins/metrics/prom-meter.ts'
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
  it('never fall while workers die, and count no text twice', async () => {
    const meter = promMeter(new Registry(), () => {})
    const pool = await fakePool(2, {}, { meter })
    await pool.supervisor.start()
    await pool.up(2)
    let last = new Map<string, number>()
    const fallen: string[] = []
    const watch = async (): Promise<void> => {
      const now = countersIn(await meter.scrape())
      for (const [name, value] of last) if ((now.get(name) ?? 0) < value) fallen.push(name)
      last = now
    }
    const recorded = (): number => last.get('embedgate_batch_size_sum{backend="cpu"}') ?? 0
    let texts = 2
    for (let death = 1; death <= 3; death++) {
      const workers = await pool.up(2)
      const asked = Array.from({ length: 20 }, (_, index) => embed(pool, [`${death} ${index}`, `${death} ${index} b`]))
      texts += 40
      await Promise.all(asked)
      await expect.poll(async () => watch().then(recorded), { timeout: 5_000 }).toBe(texts)
      process.kill(workers[death % 2]?.pid ?? 0, 'SIGKILL')
      const restarts = 'embedgate_worker_restarts_total{backend="cpu",reason="crash"}'
      await expect.poll(async () => watch().then(() => last.get(restarts))).toBe(death)
      await pool.up(2)
      // The golden text of the worker that took its place.
      texts += 1
      await expect.poll(async () => watch().then(recorded), { timeout: 5_000 }).toBe(texts)
    }
    expect(fallen).toEqual([])
    expect(last.get('embedgate_batch_wait_seconds_count{backend="cpu"}')).toBe(texts)
    expect(last.get('embedgate_model_load_duration_seconds_count{model="fake",device="fake"}')).toBe(5)
  })
})

/** Everything in a scrape that only ever grows. */
const countersIn = (text: string): Map<string, number> =>
  new Map(
    [...text.matchAll(/^(embedgate_\w+?(?:_total|_count|_sum|_bucket)(?:\{.*\})?) (\S+)$/gm)].map(
      ([, name = '', value]) => [name, Number(value)],
    ),
  )
