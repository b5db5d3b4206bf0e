import { describe, expect, it } from 'vitest'
import { ask } from '../ask.ts'
import { adminGateway, change } from '../gateway.ts'

describe('the cache', () => {
  it('is shown, and cleared of everything', async () => {
    const app = await adminGateway()
    await ask(app, 'one')
    expect((await app.admin.inject('/admin/cache')).json().tiers).toMatchObject([{ tier: 'memory', entries: 1 }])
    expect((await change(app, 'DELETE', '/admin/cache')).json().tiers).toMatchObject([{ tier: 'memory', entries: 0 }])
    expect((await ask(app, 'one')).cache).toBe('miss')
  })

  it('is cleared of one space or tenant', async () => {
    const app = await adminGateway()
    await ask(app, 'one')
    await change(app, 'DELETE', '/admin/cache?tenant=nobody')
    await change(app, 'DELETE', '/admin/cache?space=other')
    expect((await ask(app, 'one')).cache).toBe('hit')
    const space = app.models.list()[0]?.model.spaceId ?? ''
    await change(app, 'DELETE', `/admin/cache?space=${encodeURIComponent(space)}`)
    expect((await ask(app, 'one')).cache).toBe('miss')
  })

  it.each(['?tenatn=a', '?tenant=', '?tenant=a&tenant=b'])('is not cleared by a slip of the pen: %s', async (query) => {
    const app = await adminGateway()
    await ask(app, 'one')
    expect((await change(app, 'DELETE', `/admin/cache${query}`)).statusCode).toBe(400)
    expect((await ask(app, 'one')).cache).toBe('hit')
  })

  it('is not cleared of everything by a tenant in the body', async () => {
    const app = await adminGateway()
    await ask(app, 'one')
    expect((await change(app, 'DELETE', '/admin/cache', { tenant: 'nobody' })).statusCode).toBe(400)
    expect((await change(app, 'DELETE', '/admin/cache', {})).statusCode).toBe(200)
  })
})
