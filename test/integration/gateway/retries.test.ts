import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { syntheticVector } from '../../../backends/synthetic/vector.ts'
import { buildApp } from '../../../gateway/app.ts'
import { parseConfig } from '../../../gateway/config/load.ts'
import { computed } from '../../../gateway/core/embeddings.ts'
import { BackendError, GatewayError, type BackendFault, type ErrorCode } from '../../../gateway/core/errors.ts'
import { fakeClock, type FakeClock } from '../../../gateway/testing/fake-clock.ts'

const dims = 8
const yaml = `
backends:
  # The same failures would open a breaker, which has a test of its own.
  engine: { kind: scripted, breaker: { burst: { failures: 1000 }, rate: { minCalls: 1000 } } }
  cached: { kind: cached }
models:
  scripted: { chain: [engine, cached] }
telemetry: { logLevel: silent }
`

/** How every try ends from now on; undefined: with an answer. `hang`: not at all. */
type End = Error | 'hang' | undefined

let app: FastifyInstance
let clock: FakeClock
let dataDir: string
let ends: (tries: number) => End
/** When each try of the engine began. */
let triedAtMs: number[]

// Every wait is half of what it can be at most: 50, 100 and 200 ms.
beforeEach(async () => {
  clock = fakeClock()
  dataDir = mkdtempSync(join(tmpdir(), 'embedgate-test-'))
  ends = () => undefined
  triedAtMs = []
  app = await buildApp({ ...parseConfig('test.yaml', yaml, {}).config, dataDir }, { clock, random: () => 0.5 })
  app.backends.register('scripted', {
    options: Type.Object({}),
    create: () => ({
      space: { model: 's', revision: '1', dims, pooling: 'mean', normalized: true, maxTokens: 64, prompts: {} },
      embed: async ({ texts }) => {
        triedAtMs.push(clock.now())
        const end = ends(triedAtMs.length)
        if (end === 'hang') return new Promise(() => {})
        if (end !== undefined) throw end
        return computed(
          texts.map((text) => syntheticVector(text, dims)),
          dims,
          texts.map(({ length }) => length),
        )
      },
    }),
  })
  await app.ready()
  while (app.models.list()[0]?.tiers()[0]?.available !== true) await clock.advance(1)
})
afterEach(async () => {
  await app.close()
  rmSync(dataDir, { recursive: true })
})

/** Asks once, lets all the time pass that it takes, and says what a client sees. */
const ask = async () => {
  const progress = { isOver: false }
  const asked = app
    .inject({ method: 'POST', url: '/v1/embeddings', payload: { model: 'scripted', input: 'a text' } })
    .finally(() => (progress.isOver = true))
  while (!progress.isOver) await clock.advance(10)
  const { statusCode, headers, body } = await asked
  const [firstMs = 0] = triedAtMs
  return {
    triedAtMs: triedAtMs.map((ms) => ms - firstMs),
    status: statusCode,
    code: (JSON.parse(body) as { error?: { code: string } }).error?.code,
    retryAfterMs: headers['retry-after-ms'],
    shouldRetry: headers['x-should-retry'],
    attempts: headers['x-embedgate-attempts'],
    metrics: await metrics(),
  }
}

/** What the metrics say of retries. */
const metrics = async (): Promise<readonly string[]> =>
  (await app.inject('/metrics')).body.split('\n').filter((line) => /^embedgate_retr.* [1-9]\d*$/.test(line))

const fault = (name: BackendFault, retryAfterMs?: number): BackendError =>
  new BackendError(name, 'scripted', retryAfterMs === undefined ? {} : { retryAfterMs })
const coded = (code: ErrorCode): GatewayError => new GatewayError(code, 'scripted')

const once = [0]
const backedOff = [0, 50, 150, 350]
const exhausted = { status: 503, code: 'EG_CHAIN_EXHAUSTED', shouldRetry: 'false' } as const
const outOfTime = { status: 504, code: 'EG_DEADLINE', shouldRetry: 'false' } as const
const restarted = { status: 503, code: 'EG_NOT_READY', retryAfterMs: '3000' } as const
const overloaded = { status: 503, code: 'EG_OVERLOADED' } as const

describe('the last tier that computes fails with', () => {
  it.each<
    [string, End, { triedAtMs: number[]; status: number; code: string; retryAfterMs?: string; shouldRetry?: string }]
  >([
    ['absent', fault('absent'), { triedAtMs: backedOff, ...exhausted }],
    ['unavailable', fault('unavailable'), { triedAtMs: backedOff, ...restarted }],
    ['crash', fault('crash'), { triedAtMs: backedOff, ...restarted }],
    ['timeout', fault('timeout'), { triedAtMs: backedOff, ...exhausted }],
    ['connection', fault('connection'), { triedAtMs: backedOff, ...exhausted }],
    ['protocol', fault('protocol'), { triedAtMs: backedOff, ...exhausted }],
    ['invalid_rows', fault('invalid_rows'), { triedAtMs: backedOff, ...exhausted }],
    ['status', fault('status'), { triedAtMs: backedOff, ...exhausted }],
    ['status, Retry-After: 1', fault('status', 1_000), { triedAtMs: [0, 1_000, 2_000, 3_000], ...exhausted }],
    ['an unknown error', new TypeError('a bug'), { triedAtMs: backedOff, ...exhausted }],
    ['no answer at all', 'hang', { triedAtMs: [0, 5_050], ...outOfTime }],
    ['busy', fault('busy'), { triedAtMs: once, ...overloaded, retryAfterMs: '1000' }],
    [
      'busy, Retry-After: 2',
      fault('busy', 2_000),
      { triedAtMs: [0, 2_000, 4_000, 6_000], ...overloaded, retryAfterMs: '2000' },
    ],
    ['busy, Retry-After: 20', fault('busy', 20_000), { triedAtMs: once, ...overloaded, retryAfterMs: '20000' }],
    [
      'busy, Retry-After: 90',
      fault('busy', 90_000),
      { triedAtMs: once, ...overloaded, retryAfterMs: '90000', shouldRetry: 'false' },
    ],
    ['EG_INPUT_TOO_LONG', coded('EG_INPUT_TOO_LONG'), { triedAtMs: once, status: 400, code: 'EG_INPUT_TOO_LONG' }],
    ['EG_INPUT_REJECTED', coded('EG_INPUT_REJECTED'), { triedAtMs: once, status: 400, code: 'EG_INPUT_REJECTED' }],
    ['EG_SPACE_MISMATCH', coded('EG_SPACE_MISMATCH'), { triedAtMs: once, status: 412, code: 'EG_SPACE_MISMATCH' }],
    ['EG_DEADLINE', coded('EG_DEADLINE'), { triedAtMs: once, ...outOfTime }],
  ])('[R2] %s', async (_name, end, expected) => {
    ends = () => end
    const { metrics: _counts, attempts, ...seen } = await ask()
    expect(seen).toEqual({ retryAfterMs: undefined, shouldRetry: undefined, ...expected })
    // The engine's tries, and one look for stored results where that helps.
    expect(attempts).toBe(String(expected.triedAtMs.length + (expected.status >= 500 ? 1 : 0)))
  })
})

describe('the last tier that computes lets nothing through', () => {
  it('[R2] open: it is skipped, and nothing is tried again', async () => {
    ends = () => fault('open', 30_000)
    expect(await ask()).toMatchObject({ triedAtMs: once, ...exhausted, attempts: '1', metrics: [] })
  })
})

describe('a tier that recovers', () => {
  it('[R2] answers, says how many tries it took, and is not degraded', async () => {
    ends = (tries) => (tries <= 2 ? fault('connection') : undefined)
    expect(await ask()).toMatchObject({
      triedAtMs: [0, 50, 150],
      status: 200,
      attempts: '3',
      metrics: ['embedgate_retries_total{backend="engine",reason="connection"} 2'],
    })
  })
})

describe('the budget of all requests', () => {
  it('[R2] lets 30 retries through in 10 s when little is asked, then fails at the first try, and counts that', async () => {
    ends = () => fault('connection')
    for (let request = 0; request < 10; request++) await ask()
    expect(triedAtMs).toHaveLength(40)
    expect(app.retries.level()).toEqual({ requests: 10, retries: 30, left: 0 })
    triedAtMs = []
    expect(await ask()).toMatchObject({
      triedAtMs: once,
      ...exhausted,
      metrics: [
        'embedgate_retries_total{backend="engine",reason="connection"} 30',
        'embedgate_retry_budget_exhausted_total 1',
      ],
    })
  })
})
