import { describe, expect, it } from 'vitest'
import { adminGateway, twoTiers } from '../gateway.ts'

describe('what operators see', () => {
  it.each(['/metrics', '/admin/metrics'])('[P1] has the metrics at %s as Prometheus reads them', async (url) => {
    const { admin } = await adminGateway(`${twoTiers}\nserver: { publicMetrics: false }`)
    const { statusCode, headers, body } = await admin.inject(url)
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(body).toContain('embedgate_build_info{')
  })

  it.each(['/health', '/admin/health'])('has the health of every component at %s', async (url) => {
    const { admin } = await adminGateway(`${twoTiers}\nserver: { publicMetrics: false }`)
    const { statusCode, body } = await admin.inject(url)
    expect([statusCode, JSON.parse(body).status]).toEqual([200, 'ready'])
    expect(Object.keys(JSON.parse(body).components)).toContain('breakers')
  })

  it('counts the errors of this listener with all others', async () => {
    const { admin } = await adminGateway()
    await admin.inject('/nothing')
    expect((await admin.inject('/metrics')).body).toContain('embedgate_errors_total{code="EG_ROUTE_UNKNOWN"} 1')
  })
})
