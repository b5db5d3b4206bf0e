import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Check, Errors } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { fakeClock, type FakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { StatusReport } from '../../../../plugins/status/status-report.ts'
import { adminGateway, change, token, twoTiers } from '../admin/gateway.ts'

const pageFolder = resolve(import.meta.dirname, '../../../../plugins/status/page')

const statusOf = async (app: FastifyInstance): Promise<StatusReport> => (await app.admin.inject('/admin/status')).json()

const embed = (app: FastifyInstance, input: string, model = 'toy') =>
  app.inject({ method: 'POST', url: '/v1/embeddings', payload: { model, input } })

/** Lets time pass as it does, not all at once: it is looked at every second. */
const seconds = async (clock: FakeClock, count: number): Promise<void> => {
  for (let second = 0; second < count; second++) await clock.advance(1_000)
}

describe('GET /admin/status', () => {
  it('[O6] answers what its schema says, before the first request and after some', async () => {
    const app = await adminGateway()
    expect([...Errors(StatusReport, await statusOf(app))]).toEqual([])
    await embed(app, 'text')
    app.breakers.setMode('first', undefined, 'forced-open')
    await embed(app, 'other text')
    const report = await statusOf(app)
    expect([...Errors(StatusReport, report)]).toEqual([])
    expect(Check(StatusReport, { ...report, version: 2 })).toBe(false)
  })

  it('shows requests that callers make, and neither probes nor its own', async () => {
    const app = await adminGateway()
    for (let request = 0; request < 3; request++) await app.inject('/health/ready')
    await statusOf(app)
    expect((await statusOf(app)).lastMinute.requestsPerSecond).toBe(0)
    await embed(app, 'text')
    await embed(app, 'text', 'no such model')
    expect((await statusOf(app)).lastMinute).toMatchObject({
      callerErrorRatio: 0.5,
      errorRatio: 0,
      p50Ms: expect.any(Number),
    })
  })

  it('shows the rate of a steady load as it is, whenever it is asked', async () => {
    const clock = fakeClock()
    const app = await adminGateway(undefined, { clock })
    const found: number[] = []
    for (let second = 0; second < 75; second++) {
      await seconds(clock, 1)
      await embed(app, 'text')
      if (second >= 60) found.push((await statusOf(app)).lastMinute.requestsPerSecond)
    }
    for (const rate of found) expect(rate).toBeCloseTo(1, 1)
  })

  it('shows 15 minutes of samples and no more', async () => {
    const clock = fakeClock()
    const app = await adminGateway(undefined, { clock })
    await seconds(clock, 20 * 60)
    const { series } = await statusOf(app)
    expect(series.timesMs).toHaveLength(180)
    expect((series.timesMs.at(-1) ?? 0) - (series.timesMs[0] ?? 0)).toBe(179 * series.everyMs)
  })

  it('shows how the cache did, by tier', async () => {
    const app = await adminGateway()
    for (const text of ['same', 'same', 'same', 'other']) await embed(app, text)
    expect((await statusOf(app)).cache).toMatchObject([{ tier: 'memory', entries: 2, hits: 2, misses: 2, stale: 0 }])
  })

  it('shows who changed its state, and settings that differ from the file', async () => {
    const app = await adminGateway()
    app.breakers.setMode('first', undefined, 'forced-open')
    await app.admin.inject({
      method: 'POST',
      url: '/admin/config/log',
      headers: { authorization: `Bearer ${token}` },
      payload: { logLevel: 'fatal' },
    })
    const { events, overrides, state, sentence } = await statusOf(app)
    expect(events[0]).toMatchObject({ kind: 'breaker', subject: 'first', from: 'closed', to: 'open', reason: 'forced' })
    expect(overrides).toMatchObject([{ key: 'telemetry.logLevel', value: 'fatal', by: 'admin' }])
    expect([state, sentence]).toEqual([
      'degraded',
      expect.stringMatching(/^Serving toy, degraded: first shut off .*second answers/),
    ])
  })

  it('shows at once since when a backend is drained, whatever its breaker does', async () => {
    const clock = fakeClock()
    const app = await adminGateway(undefined, { clock })
    await seconds(clock, 39)
    await change(app, 'POST', '/admin/backends/first/drain')
    const drainedAtMs = clock.wallNow()
    expect((await statusOf(app)).sentence).toContain('first drained by an operator 0 s ago, second answers')
    app.breakers.setMode('first', undefined, 'forced-open')
    await seconds(clock, 5)
    const { models, sentence, events } = await statusOf(app)
    expect(models[0]?.chain[0]).toMatchObject({ condition: 'drained', drainedSinceMs: drainedAtMs })
    expect(models[0]?.chain[1]).not.toHaveProperty('drainedSinceMs')
    expect(sentence).toContain('first drained by an operator 5 s ago (its breaker is open too)')
    await change(app, 'POST', '/admin/backends/first/undrain')
    expect((await statusOf(app)).models[0]?.chain[0]).not.toHaveProperty('drainedSinceMs')
    expect(events.filter(({ kind }) => kind === 'drain')).toMatchObject([
      { subject: 'first', from: 'in use', to: 'drained', lastAtMs: drainedAtMs },
    ])
  })

  it('holds no text of a request', async () => {
    const app = await adminGateway()
    await embed(app, 'canary-of-this-test')
    expect(JSON.stringify(await statusOf(app))).not.toContain('canary')
  })

  it('[R4] does not say that it serves while requests are refused for want of memory', async () => {
    const clock = fakeClock()
    const app = await adminGateway(`limits: { memoryBytes: 120000000 }\n${twoTiers}`, { clock })
    await seconds(clock, 3)
    expect((await embed(app, 'text')).statusCode).toBe(503)
    const report = await statusOf(app)
    expect(report.state).toBe('down')
    expect(report.sentence).toMatch(
      /^Not serving: what must be computed is refused .*; 1 of 1 answers .* errors \(5xx\); not ready: \d+ % of the memory limit/,
    )
    expect(report.models[0]?.state).toBe('serving')
  })

  it('says that the gateway stops', async () => {
    const app = await adminGateway()
    app.health.drain()
    expect((await statusOf(app)).state).toBe('draining')
  })

  it('leaves no timer behind', async () => {
    const clock = fakeClock()
    const app = await adminGateway(undefined, { clock })
    await statusOf(app)
    await app.close()
    await clock.advance(10_000)
    expect(clock.pending).toBe(0)
  })
})

describe('the page', () => {
  it('is at the root of the admin listener, with all that it names, under a strict policy', async () => {
    const app = await adminGateway()
    const page = await app.admin.inject('/')
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/)
    const asked = new Set<string>()
    const waiting = [...page.body.matchAll(/(?:href|src)="(\/page\/[^"]+)"/g)].map(([, path = '']) => path)
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (asked.has(path)) continue
      asked.add(path)
      const { statusCode, headers, body } = await app.admin.inject(path)
      expect([path, statusCode, headers['x-content-type-options']]).toEqual([path, 200, 'nosniff'])
      waiting.push(...[...body.matchAll(/from '\.\/([^']+)'/g)].map(([, file]) => `/page/${file}`))
    }
    expect(asked.size).toBe(readdirSync(pageFolder).filter((file) => /\.(?:js|css|svg)$/.test(file)).length + 2)
  })

  it('has no line of script or style in it, which the policy would refuse', async () => {
    const app = await adminGateway()
    const { body } = await app.admin.inject('/')
    expect(body).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=/)
  })

  it('is given to a browser that has no token yet, where its state is not', async () => {
    const app = await adminGateway(undefined, { admin: `{ host: 0.0.0.0, token: ${token} }` })
    const get = (url: string) => app.admin.inject({ url, headers: { host: '192.0.2.1:8081' } })
    expect((await get('/')).statusCode).toBe(200)
    expect((await get('/page/main.js')).statusCode).toBe(200)
    expect((await get('/admin/status')).statusCode).toBe(401)
  })

  it('is not on the public listener, and gives out no other file', async () => {
    const app = await adminGateway()
    expect((await app.inject('/')).statusCode).toBe(404)
    expect((await app.admin.inject('/page/tsconfig.json')).statusCode).toBe(404)
    expect((await app.admin.inject('/page/..%2findex.ts')).statusCode).toBe(404)
  })
})
