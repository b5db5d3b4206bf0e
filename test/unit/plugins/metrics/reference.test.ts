import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'prettier'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../../gateway/app.ts'
import { parseConfig } from '../../../../gateway/config/load.ts'
import type { MetricDefinition, PromMeter } from '../../../../plugins/metrics/prom-meter.ts'
import { referencePage } from '../../../../plugins/metrics/reference-page.ts'
import style from '../../../../.prettierrc.json' with { type: 'json' }

type Options = NonNullable<Parameters<typeof format>[1]>

/** Every kind of part that measures; the worker is one that nobody has started. */
const config = `
telemetry: { logLevel: silent }
backends:
  cpu: { kind: onnx, model: all-MiniLM-L6-v2, url: 'http://127.0.0.1:9' }
  cached: { kind: cached }
models: { all-MiniLM-L6-v2: { chain: [cpu, cached] } }
`

let definitions: readonly MetricDefinition[]
const dataDir = mkdtempSync(join(tmpdir(), 'embedgate-metrics-'))
beforeAll(async () => {
  const app = await buildApp({ ...parseConfig('test.yaml', config, {}).config, dataDir })
  await app.ready()
  definitions = (app.meter as PromMeter).definitions()
  await app.close()
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

// `npm run docs:metrics` writes it anew.
describe('the reference of the metrics', () => {
  it('is the page that is committed', async () => {
    const page = await format(referencePage(definitions), { ...(style as Options), parser: 'markdown' })
    await expect(page).toMatchFileSnapshot('../../../../docs/Reference/metrics.md')
  })

  it('says what every metric is, in a sentence', () => {
    expect(definitions.length).toBeGreaterThan(30)
    expect(definitions.filter(({ help }) => !/^[A-Z0-9].*[a-z0-9]\.$/.test(help))).toEqual([])
  })

  it('has names that Prometheus would choose: counters end in _total, times in _seconds', () => {
    for (const { name, type, buckets } of definitions) {
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      expect([name, buckets === undefined]).toEqual([name, type !== 'histogram'])
      expect(name).toMatch(/^embedgate_[a-z0-9_]+$/)
    }
  })

  it('[O1] has every metric of the requirement', () => {
    const names = definitions.map(({ name }) => name.replace('embedgate_', ''))
    expect(names).toEqual(
      expect.arrayContaining([
        'requests_total',
        'requests_in_flight',
        'request_duration_seconds',
        'errors_total',
        'circuit_breaker_state',
        'batch_size',
        'batch_wait_seconds',
        'model_load_duration_seconds',
        'model_inference_duration_seconds',
        'gpu_utilization_percent',
        'memory_usage_bytes',
      ]),
    )
  })
})
