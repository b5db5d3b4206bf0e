import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { afterEach, describe, expect, it } from 'vitest'
import { syntheticVector } from '../../../backends/synthetic/vector.ts'
import { buildApp } from '../../../gateway/app.ts'
import { parseConfig } from '../../../gateway/config/load.ts'
import type { BackendParts } from '../../../gateway/core/backend.ts'
import { computed } from '../../../gateway/core/embeddings.ts'
import { fakeClock, type FakeClock } from '../../../gateway/testing/fake-clock.ts'

const dims = 8
const answerMs = 1_000
const golden = 'a golden text'
/** Each replica has one place. */
const configOf = (urls: readonly string[]): string => `
backends:
  engine: { kind: scripted, urls: [${urls.join(', ')}], maxConcurrency: 1 }
models:
  scripted: { chain: [engine] }
telemetry: { logLevel: silent }
`

let app: FastifyInstance
let clock: FakeClock
let dataDir: string
/** Calls that each replica was sent. */
let sent: number[]

/** Starts a gateway, all of whose replicas have answered once, and are known to take a second. */
const start = async (...urls: string[]): Promise<void> => {
  clock = fakeClock()
  dataDir = mkdtempSync(join(tmpdir(), 'embedgate-test-'))
  sent = urls.map(() => 0)
  app = await buildApp({ ...parseConfig('test.yaml', configOf(urls), {}).config, dataDir }, { clock, random: () => 0 })
  app.backends.register('scripted', {
    options: Type.Object({ url: Type.String() }),
    create: ({ replica }): BackendParts => ({
      space: { model: 's', revision: '1', dims, pooling: 'mean', normalized: true, maxTokens: 64, prompts: {} },
      limits: { texts: 1 },
      references: { texts: [golden], vectors: syntheticVector(golden, dims), dims },
      embed: async ({ texts }) => {
        if (texts[0] !== golden) {
          sent[replica] = (sent[replica] ?? 0) + 1
          await new Promise<void>((resolve) => clock.after(answerMs, resolve))
        }
        return computed(
          texts.map((text) => syntheticVector(text, dims)),
          dims,
          texts.map(({ length }) => length),
        )
      },
    }),
  })
  await app.ready()
  while (app.backends.replicas().some(({ state }) => state !== 'serving')) await clock.advance(1)
  await answersOf(...urls.map(() => ask(1, 10_000)))
  expect(sent).toEqual(urls.map(() => 1))
}
afterEach(async () => {
  await app.close()
  rmSync(dataDir, { recursive: true })
})

let asked = 0

const ask = (texts: number, timeoutMs: number) => {
  const input = Array.from({ length: texts }, () => `text ${++asked}`)
  const headers = { 'x-stainless-timeout': `${timeoutMs / 1_000}` }
  return app.inject({ method: 'POST', url: '/v1/embeddings', payload: { model: 'scripted', input }, headers })
}

/** Lets `ms` pass once all that was asked has come as far as it can. */
const pass = async (ms: number): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(ms)
}

/** Lets time pass until all are answered. */
const answersOf = async <T>(...requests: Promise<T>[]): Promise<readonly T[]> => {
  const progress = { isOver: false }
  const all = Promise.all(requests).finally(() => (progress.isOver = true))
  while (!progress.isOver) await pass(100)
  return all
}

const metrics = async (name: RegExp): Promise<readonly string[]> =>
  (await app.inject('/metrics')).body.split('\n').filter((line) => name.test(line) && / [1-9]\d*$/.test(line))

describe('an engine with few places', () => {
  it('sheds a call once when all replicas are full, sends nothing of it, and does not try it again after a wait', async () => {
    await start('http://a', 'http://b')
    const running = answersOf(ask(1, 10_000), ask(1, 10_000))
    await pass(1)
    const [refused] = await answersOf(ask(1, 1_900))
    await running
    expect(refused?.statusCode).toBe(503)
    expect(refused?.json()).toMatchObject({ error: { code: 'EG_OVERLOADED' } })
    expect(refused?.headers).toMatchObject({ 'retry-after-ms': '1000', 'x-embedgate-attempts': '0' })
    expect(sent).toEqual([2, 2])
    expect(await metrics(/^embedgate_(retries|shed)_total/)).toEqual([
      'embedgate_shed_total{stage="limit",priority="interactive",reason="predicted_wait"} 1',
    ])
    expect(await metrics(/^embedgate_backend_requests_total/)).toEqual([
      'embedgate_backend_requests_total{backend="engine",outcome="success"} 4',
    ])
  })

  it('answers a request of more pieces than would get a place in time, by the lanes that have one', async () => {
    await start('http://a')
    // Of three pieces that wait for the one place, the last would get it after 3 s, which is more than half of the time.
    const [answer] = await answersOf(ask(4, 5_000))
    expect(answer?.statusCode).toBe(200)
    expect(answer?.headers).toMatchObject({ 'x-embedgate-attempts': '4' })
    expect(await metrics(/^embedgate_(retries|shed)_total/)).toEqual([])
  })
})
