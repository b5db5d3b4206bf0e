import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newKey } from '../../../plugins/auth/keys.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'

const { key, sha256 } = newKey()
const config = `
auth: { keys: [{ name: known, tenant: known, sha256: ${sha256} }] }
backends:
  fake: { kind: synthetic, dims: 8 }
  cached: { kind: cached }
models: { fake: { chain: [fake, cached] } }
`
const requests = 10_000
const atOnce = 50

let gateway: TestGateway
let client: Pool
beforeAll(async () => {
  gateway = await startGateway(config)
  client = new Pool(gateway.url, { connections: atOnce })
})
afterAll(async () => {
  await client.close()
  await gateway.close()
})

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND', 'SEARCH'] as const

/** The n-th of as many requests as one likes, no two of them alike. */
const send = async (n: number): Promise<void> => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const json = { 'content-type': 'application/json' }
  const post = (path: string, body: object, headers: object) =>
    client.request({ method: 'POST', path, headers: { ...json, ...headers }, body: JSON.stringify(body) })
  const asked = [
    () => post('/v1/embeddings', { model: `model-${n}`, input: `text ${n}` }, bearer(key)),
    () => post('/v1/embeddings', { model: 'fake', input: `text ${n}` }, bearer(`key-${n}`)),
    () =>
      post('/api/v1/embed', { texts: ['x'], input_type: `type-${n}` }, { ...bearer(key), 'x-request-id': `id-${n}` }),
    () => client.request({ method: 'GET', path: `/path/${n}`, headers: bearer(key) }),
    () => client.request({ method: 'GET', path: `/v1/models/model-${n}?x=${n}`, headers: bearer(key) }),
    () => client.request({ method: 'GET', path: `/docs/${n}` }),
    () => client.request({ method: methods[n % methods.length] ?? 'GET', path: `/info/${n}`, headers: bearer(key) }),
    () => post('/embed', { inputs: 'x' }, { ...bearer(key), 'x-embedgate-priority': `class-${n}` }),
  ][n % 8]
  const answer = await asked?.()
  await answer?.body.dump()
}

const sendMany = async (from: number, to: number): Promise<void> => {
  let next = from
  const one = async (): Promise<void> => {
    while (next < to) await send(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

/** Series without their numbers. */
const series = async (): Promise<string[]> => {
  const text = await gateway.app.metricsText()
  return text
    .split('\n')
    .filter((line) => line.startsWith('embedgate_'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .sort()
}

describe('[O1] the number of series', () => {
  it(
    `stays as it is while ${requests} unknown models, paths, methods and keys come`,
    { timeout: 120_000 },
    async () => {
      // Every kind of request, with every method, once.
      await sendMany(0, methods.length * 8)
      const before = await series()
      await sendMany(1_000, 1_000 + requests)
      expect(await series()).toEqual(before)
      const total = (await gateway.app.metricsText()).matchAll(/^embedgate_requests_total\{.* (\d+)$/gm)
      expect([...total].reduce((sum, [, count]) => sum + Number(count), 0)).toBeGreaterThanOrEqual(requests)
    },
  )
})
