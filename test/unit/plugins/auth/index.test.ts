import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { newKey } from '../../../../plugins/auth/keys.ts'
import { spanOf } from '../../../../plugins/auth/quota.ts'
import { ask, gateway, type ErrorAnswer, type GatewayOptions } from '../../http/gateway.ts'

const { key, sha256 } = newKey()
const bearer = { authorization: `Bearer ${key}` }
const entry = { name: 'team-a', sha256, tenant: 'a', priority: 'interactive' } as const

/** 5 tokens when answered, 3 by estimate. */
const input = 'one'

const limited = (limits: object, options: GatewayOptions = {}) =>
  gateway({ ...options, keys: [{ ...entry, ...limits }] })

const exhausted = async (): Promise<never> => {
  throw new GatewayError('EG_CHAIN_EXHAUSTED', 'none left')
}

describe('plugin auth', () => {
  it('lets everybody in when there are no keys, as the default tenant', async () => {
    const { app, seen } = await gateway()
    expect((await ask(app, { input })).statusCode).toBe(200)
    expect(seen[0]?.call.tenant).toBe('default')
  })

  it('says who asks by their key', async () => {
    const { app, seen } = await limited({ priority: 'bulk' })
    expect((await ask(app, { input }, bearer)).statusCode).toBe(200)
    expect(seen[0]?.call).toMatchObject({ tenant: 'a', priority: 'bulk' })
  })

  it.each([
    [{}, 'EG_AUTH_MISSING', 'Bearer realm="embedgate"'],
    [{ authorization: 'Basic eA==' }, 'EG_AUTH_MISSING', 'Bearer realm="embedgate"'],
    [{ 'api-key': key }, 'EG_AUTH_MISSING', 'Bearer realm="embedgate"'],
    [{ authorization: 'Bearer wrong' }, 'EG_AUTH_INVALID', 'Bearer realm="embedgate", error="invalid_token"'],
    [{ authorization: `Bearer ${sha256}` }, 'EG_AUTH_INVALID', 'Bearer realm="embedgate", error="invalid_token"'],
  ])('answers 401 to %j', async (headers, code, challenge) => {
    const { app, seen } = await limited({})
    const response = await ask(app, { input }, headers)
    expect(response.statusCode).toBe(401)
    expect(response.json<ErrorAnswer>().error).toMatchObject({ code, type: 'authentication_error' })
    expect(response.headers['www-authenticate']).toBe(challenge)
    expect(response.headers['x-request-id']).toBeTruthy()
    expect(seen).toHaveLength(0)
  })

  it('refuses before it reads the body', async () => {
    const { app } = await limited({})
    const response = await app.inject({ method: 'POST', url: '/v1/embeddings', payload: 'not json' })
    expect(response.statusCode).toBe(401)
  })

  it.each(['/v1/models', '/info', '/metrics', '/nowhere', '/healthy', '/%2e%2e/v1/models'])(
    'wants a key for %s',
    async (url) => {
      const { app } = await limited({})
      expect((await app.inject(url)).statusCode).toBe(401)
    },
  )

  it.each(['/health/live', '/health/live?x=1', '/health/live/'])('wants none for %s', async (url) => {
    const { app } = await limited({})
    expect((await app.inject(url)).statusCode).toBe(200)
  })

  it('limits requests a minute, and says when the next one fits', async () => {
    const clock = fakeClock()
    const { app } = await limited({ requestsPerMinute: 2 }, { clock })
    expect((await ask(app, { input }, bearer)).headers).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '30s',
    })
    await ask(app, { input }, bearer)
    const refused = await ask(app, { input }, bearer)
    expect(refused.statusCode).toBe(429)
    expect(refused.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_RATE_LIMITED', type: 'rate_limit_error' })
    expect(refused.headers).toMatchObject({ 'retry-after': '30', 'retry-after-ms': '30000' })
    expect(refused.headers['x-ratelimit-remaining-requests']).toBe('0')
    await clock.advance(30_000)
    expect((await ask(app, { input }, bearer)).statusCode).toBe(200)
  })

  it('limits tokens a minute: by estimate first, by the count afterwards', async () => {
    const clock = fakeClock()
    const { app } = await limited({ tokensPerMinute: 10 }, { clock })
    const first = await ask(app, { input }, bearer)
    expect(first.headers).toMatchObject({ 'x-ratelimit-limit-tokens': '10', 'x-ratelimit-remaining-tokens': '5' })
    expect(first.headers).not.toHaveProperty('x-ratelimit-limit-requests')
    await ask(app, { input }, bearer)
    const refused = await ask(app, { input }, bearer)
    expect(refused.statusCode).toBe(429)
    expect(refused.headers['x-ratelimit-remaining-tokens']).toBe('0')
    await clock.advance(Number(refused.headers['retry-after-ms']))
    expect((await ask(app, { input }, bearer)).statusCode).toBe(200)
  })

  it('gives tokens back when nothing was answered', async () => {
    const { app } = await limited({ tokensPerMinute: 10 }, { clock: fakeClock(), embed: exhausted })
    expect((await ask(app, { input }, bearer)).headers['x-ratelimit-remaining-tokens']).toBe('10')
  })

  it('takes no tokens for a request that was refused for want of them', async () => {
    const { app, seen } = await limited({ tokensPerMinute: 10 }, { clock: fakeClock() })
    await ask(app, { input: 'x'.repeat(400) }, bearer)
    const refused = await ask(app, { input: 'x'.repeat(400) }, bearer)
    const again = await ask(app, { input: 'x'.repeat(400) }, bearer)
    expect(refused.statusCode).toBe(429)
    expect(again.headers['retry-after-ms']).toBe(refused.headers['retry-after-ms'])
    expect(seen).toHaveLength(1)
  })

  it('counts each key for itself', async () => {
    const other = newKey()
    const keys = [
      { ...entry, requestsPerMinute: 1 },
      { ...entry, name: 'team-b', sha256: other.sha256 },
    ]
    const { app } = await gateway({ keys, clock: fakeClock() })
    await ask(app, { input }, bearer)
    expect((await ask(app, { input }, bearer)).statusCode).toBe(429)
    const unlimited = await ask(app, { input }, { authorization: `Bearer ${other.key}` })
    expect(unlimited.statusCode).toBe(200)
    expect(unlimited.headers).not.toHaveProperty('x-ratelimit-limit-requests')
  })
})

describe('spanOf', () => {
  it.each([
    [0, '0ms'],
    [20, '20ms'],
    [1500, '1.5s'],
    [60_000, '1m0s'],
    [360_250, '6m0.25s'],
  ])('writes %i ms as %s', (ms, span) => {
    expect(spanOf(ms)).toBe(span)
  })
})
