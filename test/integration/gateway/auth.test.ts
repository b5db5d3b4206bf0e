import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { post, type Answer } from '../../support/gateway.ts'
import { newTexts, startScripted } from './scripted-gateway.ts'

const keys = { a: 'eg-key-of-a', a2: 'eg-second-key-of-a', b: 'eg-key-of-b', few: 'eg-few', small: 'eg-small' }
const entry = (name: keyof typeof keys, rest: string): string =>
  `    - { name: ${name}, sha256: ${createHash('sha256').update(keys[name]).digest('hex')}, ${rest} }`

let gateway: Awaited<ReturnType<typeof startScripted>>
beforeAll(async () => {
  gateway = await startScripted(`
auth:
  keys:
${entry('a', 'tenant: a')}
${entry('a2', 'tenant: a')}
${entry('b', 'tenant: b')}
${entry('few', 'tenant: few, requestsPerMinute: 3')}
${entry('small', 'tenant: small, tokensPerMinute: 100')}
backends: { engine: { kind: scripted }, cached: { kind: cached } }
models: { scripted: { chain: [engine, cached] } }
`)
})
afterAll(() => gateway.close())
beforeEach(() => void gateway.engines.seen.splice(0))

const ask = (texts: readonly string[], authorization?: string): Promise<Answer> =>
  post(`${gateway.url}/api/v1/embed`, { texts }, authorization === undefined ? {} : { authorization })
const as = (name: keyof typeof keys): string => `Bearer ${keys[name]}`

describe('a gateway with keys', () => {
  it.each([
    ['no key', undefined, 'EG_AUTH_MISSING'],
    ['an empty header', '', 'EG_AUTH_MISSING'],
    ['another scheme', `Basic ${keys.a}`, 'EG_AUTH_MISSING'],
    ['no key behind Bearer', 'Bearer ', 'EG_AUTH_MISSING'],
    ['two keys', `Bearer ${keys.a} ${keys.b}`, 'EG_AUTH_MISSING'],
    ['an unknown key', 'Bearer eg-unknown', 'EG_AUTH_INVALID'],
    ['the start of a key', `Bearer ${keys.a.slice(0, -1)}`, 'EG_AUTH_INVALID'],
    ['the hash of a key', `Bearer ${createHash('sha256').update(keys.a).digest('hex')}`, 'EG_AUTH_INVALID'],
  ])('answers %s with 401 and computes nothing', async (_what, authorization, code) => {
    const { status, headers, body } = await ask(newTexts(1), authorization)
    expect([status, body.error.code, body.error.type]).toEqual([401, code, 'authentication_error'])
    expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="embedgate"/)
    expect(headers.get('x-request-id')).toBeTruthy()
    expect(gateway.engines.seen).toEqual([])
  })

  it('wants a key on every path but those for probes', async () => {
    const status = async (path: string): Promise<number> => (await fetch(gateway.url + path)).status
    for (const path of [
      '/v1/models',
      '/v1/models/scripted',
      '/info',
      '/metrics',
      '/nothing',
      '/healthy',
      '/docsx',
      '/openapi.jsonx',
      '/',
    ]) {
      expect([path, await status(path)]).toEqual([path, 401])
    }
    for (const path of ['/health/live', '/health/ready', '/health'])
      expect([path, await status(path)]).toEqual([path, 200])
    for (const path of ['/v1/embeddings', '/api/v1/embed', '/embed']) {
      expect((await post(gateway.url + path, {})).status).toBe(401)
    }
  })

  it('answers a known key, whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
      expect((await ask(newTexts(1), `${scheme} ${keys.a}`)).status).toBe(200)
    }
  })
})

describe('tenants', () => {
  it('never share a stored result; keys of one tenant do', async () => {
    const texts = newTexts(2)
    await ask(texts, as('a'))
    const answers = [await ask(texts, as('b')), await ask(texts, as('a2')), await ask(texts, as('b'))]
    expect(answers.map(({ headers }) => headers.get('x-embedgate-cache'))).toEqual(['miss', 'hit', 'hit'])
    expect(gateway.engines.seen).toHaveLength(4)
  })

  it('never share a computation in flight; keys of one tenant do', async () => {
    gateway.engines.mostMs = 500
    const texts = newTexts(10)
    await Promise.all(texts.flatMap((text) => (['a', 'b', 'a2', 'b'] as const).map((name) => ask([text], as(name)))))
    gateway.engines.mostMs = 3
    for (const text of texts) expect(gateway.engines.seen.filter((seen) => seen.text === text)).toHaveLength(2)
  })

  it('never get a stale result of another one', async () => {
    const texts = newTexts(2)
    await ask(texts, as('a'))
    gateway.engines.faults.set('engine', 'nan')
    const [other, own] = [await ask(texts, as('b')), await ask(texts, as('a'))]
    gateway.engines.faults.delete('engine')
    expect([other.status, other.body.error.code]).toEqual([503, 'EG_CHAIN_EXHAUSTED'])
    expect(own.status).toBe(200)
  })

  it('have metrics of their own, without keys in them', async () => {
    await ask(newTexts(1), as('a'))
    const text = await (await fetch(`${gateway.url}/metrics`, { headers: { authorization: as('a') } })).text()
    expect(text).toMatch(/^embedgate_texts_total\{[^}]*tenant="a"[^}]*\} \d+$/m)
    for (const key of Object.values(keys)) expect(text).not.toContain(key)
  })
})

describe('limits of a key', () => {
  it('are answered with 429, when to come back, and what is left', async () => {
    const answers: Answer[] = []
    for (let request = 0; request < 4; request++) answers.push(await ask(newTexts(1), as('few')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining-requests'))).toEqual(['2', '1', '0', '0'])
    const { headers, body } = answers[3] as Answer
    expect(body.error).toMatchObject({ code: 'EG_RATE_LIMITED', type: 'rate_limit_error', param: null })
    expect(headers.get('x-ratelimit-limit-requests')).toBe('3')
    expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^(\d+m)?[\d.]+s$/)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(20)
    expect(Number(headers.get('retry-after-ms'))).toBeLessThanOrEqual(20_000)
    expect(headers.has('x-should-retry')).toBe(false)
    expect((await ask(newTexts(1), as('a'))).status).toBe(200)
  })

  it('count tokens: what was read is charged, and too many wait', async () => {
    const first = await ask(['x'.repeat(60)], as('small'))
    expect(first.status).toBe(200)
    expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('100')
    const left = Number(first.headers.get('x-ratelimit-remaining-tokens'))
    expect(left).toBeGreaterThanOrEqual(40)
    expect(left).toBeLessThanOrEqual(41)
    gateway.engines.seen.splice(0)
    const second = await ask(
      newTexts(12).map((text) => text.padEnd(64, '.')),
      as('small'),
    )
    expect([second.status, second.body.error.code]).toEqual([429, 'EG_RATE_LIMITED'])
    expect(Number(second.headers.get('retry-after-ms'))).toBeGreaterThan(1_000)
    expect(gateway.engines.seen).toEqual([])
  })
})
