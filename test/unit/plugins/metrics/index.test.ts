import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { parseConfig } from '../../../../gateway/config/load.ts'
import { anybody } from '../../../../gateway/core/identity.ts'
import errors from '../../../../gateway/http/errors.ts'
import requests from '../../../../gateway/http/requests.ts'
import metrics from '../../../../plugins/metrics/index.ts'

const apps: FastifyInstance[] = []
afterEach(async () => void (await Promise.all(apps.splice(0).map((app) => app.close()))))

const build = async (yaml = ''): Promise<FastifyInstance> => {
  const app = Fastify({ forceCloseConnections: true })
  apps.push(app)
  await app.register(errors)
  await app.register(requests)
  await app.register(metrics, parseConfig('test', yaml, {}).config)
  app.addHook('onRequest', async (request) => {
    request.identity = anybody
  })
  app.post('/v1/embeddings', (request, reply) => {
    request.summary = { outcome: 'success', model: (request.body as { model: string }).model }
    return reply.send({})
  })
  app.get('/hang', () => new Promise(() => {}))
  return app
}
const scrape = async (app: FastifyInstance): Promise<string> => (await app.inject('/metrics')).body

describe('the metrics plugin', () => {
  it('counts requests by route, model, status and tenant, and times them', async () => {
    const app = await build()
    await app.inject({ method: 'POST', url: '/v1/embeddings?x=1', payload: { model: 'all-MiniLM-L6-v2' } })
    const text = await scrape(app)
    const labels = 'route="/v1/embeddings",model="all-MiniLM-L6-v2",status="200"'
    expect(text).toContain(`embedgate_requests_total{${labels},tenant="default"} 1`)
    expect(text).toContain(`embedgate_request_duration_seconds_count{${labels}} 1`)
    expect(text).toContain('embedgate_requests_in_flight{route="/v1/embeddings"} 0')
  })

  it('makes no series of paths and models that a caller invents', async () => {
    const app = await build()
    for (const name of ['a', 'b', 'c']) {
      await app.inject(`/${name}`)
      await app.inject({ method: 'POST', url: '/v1/embeddings', payload: { model: name } })
    }
    const series = (await scrape(app)).match(/^embedgate_requests_total\{.*$/gm)
    expect(series).toHaveLength(2)
    expect(series?.join('\n')).toContain('route="other",model="other",status="404"')
    expect(series?.join('\n')).toContain('route="/v1/embeddings",model="other",status="200"')
  })

  it('counts a caller who left as 499, and not as in flight for ever', async () => {
    const app = await build()
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const arrived = new Promise((resolve) => app.server.once('request', resolve))
    const client = httpRequest({ port, host: '127.0.0.1', path: '/hang' }).on('error', () => {})
    client.end()
    await arrived
    expect(await scrape(app)).toContain('embedgate_requests_in_flight{route="/hang"} 1')
    const gone = new Promise((resolve) => client.once('close', resolve))
    client.destroy()
    await gone
    await expect.poll(() => scrape(app)).toContain('embedgate_requests_total{route="/hang",model="other",status="499"')
    expect(await scrape(app)).toContain('embedgate_requests_in_flight{route="/hang"} 0')
  })

  it('answers in text format 0.0.4, with what the process says of itself and what it was built from', async () => {
    const app = await build()
    const { headers, body } = await app.inject('/metrics')
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(body).toMatch(/embedgate_build_info\{version="[^"]+",node="v[^"]+",commit="[^"]+"\} 1/)
    expect(body).toContain('embedgate_memory_usage_bytes{process="gateway",kind="rss"}')
    expect(body).toContain('process_cpu_seconds_total')
    expect(body).toContain('nodejs_eventloop_lag_seconds')
  })

  it('has no gauge that is called a total: promtool would refuse it', async () => {
    const text = await scrape(await build())
    const gauges = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name)
    expect(gauges.filter((name) => name?.endsWith('_total'))).toEqual([])
  })

  it('keeps the metrics of two gateways in one process apart', async () => {
    const [one, two] = [await build(), await build()]
    await one.inject('/a')
    expect(await scrape(two)).not.toMatch(/^embedgate_requests_total\{route="other"/m)
  })

  it('is not on the public listener when that is configured, but there for other listeners', async () => {
    const app = await build('server: { publicMetrics: false }')
    expect((await app.inject('/metrics')).statusCode).toBe(404)
    expect(await app.metricsText()).toContain('embedgate_build_info')
  })
})
