import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { workerMetrics } from '../../../backends/onnx/supervisor/stats-metrics.ts'
import { promMeter } from '../../../plugins/metrics/prom-meter.ts'
import { startGateway } from '../../support/gateway.ts'

const synthetic = `
backends:
  fake: { kind: synthetic }
models:
  m: { chain: [fake] }
limits: { memoryBytes: 4000000000 }
`

describe('the first scrape [O1]', () => {
  it('has every error that can be answered at 0, so that the first one is an increase', async () => {
    await using gateway = await startGateway(synthetic)
    const text = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(text).toContain('embedgate_errors_total{code="EG_INTERNAL"} 0\n')
    expect(text).toContain('embedgate_errors_total{code="EG_OVERLOADED"} 0\n')
    expect(text).not.toContain('EG_PORT_IN_USE')
  })

  it('has the memory that the guard compares with its limit', async () => {
    await using gateway = await startGateway(synthetic)
    const text = await (await fetch(`${gateway.url}/metrics`)).text()
    const used = /^embedgate_memory_usage_bytes\{process="gateway",kind="working_set"\} (\d+)$/m.exec(text)?.[1]
    expect(Number(used)).toBeGreaterThan(10_000_000)
    expect(text).toContain('embedgate_memory_limit_bytes{process="gateway"} 4000000000\n')
  })

  it('has restarts of workers at 0, for every reason', async () => {
    const meter = promMeter(new Registry(), () => {})
    workerMetrics(meter, 'cpu', 'm')
    const text = await meter.scrape()
    for (const reason of ['crash', 'frozen', 'start', 'absent']) {
      expect(text).toContain(`embedgate_worker_restarts_total{backend="cpu",reason="${reason}"} 0\n`)
    }
  })
})
