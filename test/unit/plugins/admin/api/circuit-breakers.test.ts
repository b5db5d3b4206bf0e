import { describe, expect, it } from 'vitest'
import { ask } from '../ask.ts'
import { adminGateway, change, token } from '../gateway.ts'

const put = (app: Parameters<typeof change>[0], path: string, mode: string) =>
  change(app, 'PUT', `/admin/circuit-breaker/${path}`, { mode })

describe('breakers', () => {
  it('[R1] that are forced open bar their tier, and are handed back to the rules', async () => {
    const app = await adminGateway()
    const { breakers } = (await put(app, 'first', 'forced-open')).json()
    expect(breakers).toEqual([
      expect.objectContaining({ backend: 'first', replica: 0, state: 'open', mode: 'forced-open' }),
    ])
    expect(await ask(app)).toMatchObject({ backend: 'second', degraded: 'true' })
    await put(app, 'first', 'auto')
    expect(await ask(app)).toMatchObject({ backend: 'first', degraded: 'false' })
  })

  it('are named by their replica where one is meant', async () => {
    const app = await adminGateway()
    expect((await put(app, 'first/0', 'forced-closed')).json().breakers).toMatchObject([{ mode: 'forced-closed' }])
    const unknown = await put(app, 'first/1', 'forced-open')
    expect([unknown.statusCode, unknown.json().error.param]).toEqual([404, 'replica'])
    expect(unknown.json().error.message).toContain('first has no such replica; it has: 0')
    expect((await put(app, 'first/x', 'forced-open')).statusCode).toBe(400)
  })

  it('[R1] that have tripped are reset, one backend or all', async () => {
    const app = await adminGateway()
    await put(app, 'first', 'forced-open')
    await put(app, 'second', 'forced-closed')
    const all = await change(app, 'POST', '/admin/circuit-breaker/reset')
    expect(all.json().breakers.map(({ mode }: { mode: string }) => mode)).toEqual(['forced-open', 'forced-closed'])
    const one = await change(app, 'POST', '/admin/circuit-breaker/reset', { backend: 'second' })
    expect(one.json().breakers).toMatchObject([{ backend: 'second' }])
  })

  it('of the last tier that can compute are not forced open, unless told so twice', async () => {
    const app = await adminGateway()
    await put(app, 'first', 'forced-open')
    const refused = await put(app, 'second', 'forced-open')
    expect([refused.statusCode, refused.json().error.code]).toEqual([409, 'EG_LAST_TIER'])
    expect((await put(app, 'second?force=true', 'forced-open')).statusCode).toBe(200)
  })

  it.each([
    ['PUT', '/admin/circuit-breaker/first', { mode: 'open' }, 400],
    ['PUT', '/admin/circuit-breaker/first', { mode: 'auto', until: 5 }, 400],
    ['PUT', '/admin/circuit-breaker/first', undefined, 400],
    ['PUT', '/admin/circuit-breaker/nobody', { mode: 'auto' }, 404],
    ['PUT', '/admin/circuit-breaker/cached', { mode: 'forced-open' }, 404],
    ['POST', '/admin/circuit-breaker/reset', { bakcend: 'first' }, 400],
    ['POST', '/admin/circuit-breaker/reset?backend=first', undefined, 400],
    ['POST', '/admin/circuit-breaker/reset', { backend: 'nobody' }, 404],
  ] as const)('refuse %s %s %j with %i', async (method, url, body, status) => {
    const answer = await change(await adminGateway(), method, url, body)
    expect(answer.statusCode).toBe(status)
    if (status === 404) expect(answer.json().error.message).toContain('first, second')
  })

  it.each(['""', 'false', '0', '[]', '"first"'])('are not all reset by a body of %s', async (payload) => {
    const { admin } = await adminGateway()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await admin.inject({ method: 'POST', url: '/admin/circuit-breaker/reset', headers, payload })
    expect(answer.statusCode).toBe(400)
  })
})
