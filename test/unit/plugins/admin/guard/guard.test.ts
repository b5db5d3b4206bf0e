import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../../../gateway/core/clock.ts'
import { adminGateway, change, temporaryFolder, token, twoTiers } from '../gateway.ts'

/** Holds nothing back. */
const hasty = {
  ...systemClock,
  after: (delayMs: number, run: () => void) => systemClock.after(delayMs === 1_000 ? 1 : delayMs, run),
}
const path = '/admin/circuit-breaker/reset'

describe('the admin listener', () => {
  it('lets anybody on this machine read', async () => {
    const { admin } = await adminGateway()
    expect((await admin.inject('/health')).statusCode).toBe(200)
  })

  it('takes a change with the token', async () => {
    expect((await change(await adminGateway(), 'POST', path)).statusCode).toBe(200)
  })

  it.each([
    ['no token', { authorization: '' }, 401, 'EG_AUTH_MISSING'],
    ['another token', { authorization: 'Bearer the-token-of-this-tesu' }, 401, 'EG_AUTH_INVALID'],
    ['a longer token', { authorization: `Bearer ${token}x` }, 401, 'EG_AUTH_INVALID'],
    ['a password', { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` }, 401, 'EG_AUTH_MISSING'],
    ['a name that is not its own', { host: 'evil.example:8081' }, 403, 'EG_AUTH_FORBIDDEN'],
    ['a page of another server', { origin: 'http://evil.example' }, 403, 'EG_AUTH_FORBIDDEN'],
    ['a sandboxed page', { origin: 'null' }, 403, 'EG_AUTH_FORBIDDEN'],
    ['what a form can send', { 'content-type': 'text/plain' }, 415, 'EG_MEDIA_TYPE'],
    ['what only begins like JSON', { 'content-type': 'application/jsonp' }, 415, 'EG_MEDIA_TYPE'],
  ])('refuses a change with %s', async (_what, headers, status, code) => {
    const answer = await change(await adminGateway(twoTiers, { clock: hasty }), 'POST', path, undefined, headers)
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
    expect(answer.body).not.toContain(token)
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer realm="embedgate admin"' : undefined)
  })

  it('takes a change from a page of its own', async () => {
    const headers = { origin: 'http://localhost:80', host: 'localhost:80' }
    const { statusCode } = await change(await adminGateway(), 'POST', path, undefined, headers)
    expect(statusCode).not.toBe(403)
  })

  it('shows nothing to who reached it by a name that is not its own', async () => {
    const { admin } = await adminGateway()
    expect((await admin.inject({ url: '/health', headers: { host: 'evil.example' } })).statusCode).toBe(403)
  })

  it('goes by the names that admin.hosts adds', async () => {
    const { admin } = await adminGateway(twoTiers, { admin: `{ token: ${token}, hosts: [Gate.internal] }` })
    expect((await admin.inject({ url: '/health', headers: { host: 'gate.internal:8081' } })).statusCode).toBe(200)
  })

  it('lets no other page read what it answers', async () => {
    const { admin } = await adminGateway()
    const { headers } = await admin.inject({ url: '/health', headers: { origin: 'http://evil.example' } })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('off loopback wants the token for reading too', async () => {
    const { admin } = await adminGateway(twoTiers, { admin: `{ token: ${token}, host: 0.0.0.0 }` })
    expect((await admin.inject('/health')).statusCode).toBe(401)
    const { statusCode } = await admin.inject({ url: '/health', headers: { authorization: `Bearer ${token}` } })
    expect(statusCode).toBe(200)
  })

  it('off loopback is refused without a token of the configuration', async () => {
    await expect(adminGateway(twoTiers, { admin: '{ host: 0.0.0.0 }' })).rejects.toMatchObject({
      code: 'EG_CONFIG_ADMIN_UNPROTECTED',
    })
  })

  it('goes by the token in its file when none is given, made when it is first needed', async () => {
    const dataDir = temporaryFolder()
    const app = await adminGateway(twoTiers, { dataDir, admin: '{}', clock: hasty })
    const file = join(dataDir, 'admin-token')
    expect(existsSync(file)).toBe(false)
    expect((await change(app, 'POST', path)).statusCode).toBe(401)
    const authorization = `Bearer ${readFileSync(file, 'utf8').trim()}`
    expect((await change(app, 'POST', path, undefined, { authorization })).statusCode).toBe(200)
  })

  it('takes no change while there is no token to compare with', async () => {
    const dataDir = temporaryFolder()
    writeFileSync(join(dataDir, 'admin-token'), '')
    const app = await adminGateway(twoTiers, { dataDir, admin: '{}' })
    expect((await change(app, 'POST', path)).json().error.code).toBe('EG_AUTH_FORBIDDEN')
  })

  it('looks at no token of an address whose wrong ones wait already, and says so', async () => {
    const app = await adminGateway()
    const guess = (index: number) => change(app, 'POST', path, undefined, { authorization: `Bearer wrong-${index}` })
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => guess(index)))
    const statuses = answers.map(({ statusCode }) => statusCode)
    expect([statuses.filter((each) => each === 401).length, statuses.filter((each) => each === 429).length]).toEqual([
      8, 12,
    ])
  })

  it.each([
    ['GET', '/nothing', 404, 'EG_ROUTE_UNKNOWN'],
    ['PUT', '/health', 405, 'EG_METHOD'],
    ['DELETE', '/admin/backends/first/drain', 405, 'EG_METHOD'],
  ] as const)('answers %s %s in the shape of all errors', async (method, url, status, code) => {
    const { admin } = await adminGateway()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await admin.inject({ method, url, headers })
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
    expect(answer.headers['x-request-id']).toMatch(/^req_/)
  })
})
