import { describe, expect, it } from 'vitest'
import { ask } from '../ask.ts'
import { adminGateway, change } from '../gateway.ts'

const drain = '/admin/backends/first/drain'

describe('backends', () => {
  it('are listed with their models, replicas and breakers', async () => {
    const { admin } = await adminGateway()
    const { backends } = (await admin.inject('/admin/backends')).json()
    expect(backends.map(({ name }: { name: string }) => name)).toEqual(['first', 'second', 'cached'])
    expect(backends[0]).toMatchObject({
      kind: 'synthetic',
      computing: true,
      drained: false,
      models: [{ model: 'toy', tier: 0, available: true }],
      replicas: [{ replica: 0, state: 'serving', inFlight: 0, breaker: { state: 'closed', mode: 'auto' } }],
    })
    expect(backends[2].replicas[0]).not.toHaveProperty('breaker')
  })

  it('that are drained get no new calls, and the answers say why; undrained they do again', async () => {
    const app = await adminGateway()
    expect((await change(app, 'POST', drain)).json()).toMatchObject({ name: 'first', drained: true })
    expect(await ask(app)).toMatchObject({ status: 200, backend: 'second', degraded: 'true' })
    expect(await app.metricsText()).toContain(
      'embedgate_degraded_total{model="toy",from="first",to="second",reason="drained"} 1',
    )
    expect((await app.admin.inject('/admin/backends')).json().backends[0].replicas[0].barredBy).toBe('drained')
    await change(app, 'POST', '/admin/backends/first/undrain')
    expect(await ask(app)).toMatchObject({ status: 200, backend: 'first', degraded: 'false' })
  })

  it('are not drained when nothing else could compute a model, unless told so twice', async () => {
    const app = await adminGateway()
    await change(app, 'POST', drain)
    const refused = await change(app, 'POST', '/admin/backends/second/drain')
    expect([refused.statusCode, refused.json().error.code]).toEqual([409, 'EG_LAST_TIER'])
    expect(refused.json().error.message).toContain('nothing else can compute toy now')
    expect((await ask(app)).status).toBe(200)
    expect((await change(app, 'POST', '/admin/backends/second/drain?force=true')).statusCode).toBe(200)
    expect((await ask(app)).status).toBe(503)
    expect((await app.inject('/health/ready')).statusCode).toBe(503)
  })

  it('are drained without a question when they compute nothing, or nothing now', async () => {
    const app = await adminGateway()
    expect((await change(app, 'POST', '/admin/backends/cached/drain')).statusCode).toBe(200)
    await change(app, 'POST', drain)
    expect((await change(app, 'POST', drain)).statusCode).toBe(200)
  })

  it.each(['?force=false', '?force=1', '?forced=true'])('are not drained by %s', async (query) => {
    const app = await adminGateway()
    expect((await change(app, 'POST', drain + query)).statusCode).toBe(400)
    expect((await ask(app)).backend).toBe('first')
  })

  it('are not undrained by a request of which a part would be passed over', async () => {
    const app = await adminGateway()
    await change(app, 'POST', drain)
    expect((await change(app, 'POST', '/admin/backends/first/undrain?replica=1')).statusCode).toBe(400)
    expect((await change(app, 'POST', '/admin/backends/first/undrain', { replica: 1 })).statusCode).toBe(400)
    expect((await ask(app)).backend).toBe('second')
  })

  it('that are not there are 404, with the nearest name', async () => {
    const answer = await change(await adminGateway(), 'POST', '/admin/backends/frist/drain')
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'EG_BACKEND_UNKNOWN'])
    expect(answer.json().error.message).toContain('did you mean first?')
  })
})
