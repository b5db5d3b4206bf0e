import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WorkerFacts } from '../../../backends/onnx/supervisor/health.ts'
import { systemClock } from '../../../gateway/core/clock.ts'
import { post, startGateway, until, type Answer, type TestGateway } from '../../support/gateway.ts'
import { expectGolden, goldens } from '../../support/golden.ts'
import { linkedModel, replaceFile } from './model-copy.ts'

const short = goldens.filter(({ tokens, truncated }) => tokens <= 24 && !truncated)
const [stored, unstored] = [short.slice(0, 20), short.slice(20, 30)]
const textsOf = (golden: readonly { readonly text: string }[]): string[] => golden.map(({ text }) => text)

const fresh = { 'cache-control': 'no-store' }
const dayMs = 86_400_000

let gateway: TestGateway
let folder: string
let aheadMs = 0
beforeEach(async () => {
  folder = linkedModel()
  aheadMs = 0
  const yaml = `
backends:
  cpu: { kind: onnx, device: cpu, workers: 2, model: ${JSON.stringify(folder)} }
  cached: { kind: cached }
models:
  m: { chain: [cpu, cached] }
`
  gateway = await startGateway(yaml, { clock: { ...systemClock, wallNow: () => Date.now() + aheadMs } })
  await until(async () => (await pids()).length === 2)
})
afterEach(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})

/**
 * The workers that are there, also those that are at work and say nothing. Health that comes too late would name none of them,
 * so it is waited for: one that is killed ends its answer.
 */
const pids = async (): Promise<number[]> => {
  const health = await gateway.app.backends.health(AbortSignal.timeout(30_000))
  const workers = (health.get('cpu')?.facts?.['workers'] ?? []) as readonly WorkerFacts[]
  return workers.flatMap(({ pid }) => pid ?? [])
}

const ask = (input: readonly string[], headers: Record<string, string> = {}): Promise<Answer> =>
  post(`${gateway.url}/v1/embeddings`, { model: 'm', input }, headers)

const expectRight = ({ status, body }: Answer, golden: typeof short): void => {
  expect(status, JSON.stringify(body).slice(0, 300)).toBe(200)
  golden.forEach(({ vector }, row) => expectGolden(body.data[row].embedding, vector))
}

/** A refusal that is true, and says whether to come back. */
const expectHonest = ({ status, headers, body }: Answer): void => {
  expect([status, ['EG_CHAIN_EXHAUSTED', 'EG_OVERLOADED', 'EG_NOT_READY'].includes(body.error.code)]).toEqual([
    503,
    true,
  ])
  expect(headers.has('retry-after') || headers.get('x-should-retry') === 'false').toBe(true)
  expect(headers.get('x-embedgate-attempts')).toMatch(/^\d+$/)
}

/** Clients that ask one request after the other until told to stop. */
const load = (clients: number) => {
  const over = new AbortController()
  const answers: { readonly golden: typeof short; readonly answer: Answer }[] = []
  const client = async (number: number): Promise<void> => {
    for (let request = number; !over.signal.aborted; request += clients) {
      const golden = [0, 7, 13]
        .map((step) => short[(request + step) % short.length])
        .filter((each) => each !== undefined)
      const answer = await ask(textsOf(golden), fresh)
      answers.push({ golden, answer })
      if (answer.status !== 200) await pause(20)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  return {
    answers,
    end: async () => {
      over.abort()
      await all
      return answers
    },
  }
}

describe('[S4] all workers are killed under load and cannot come back', { timeout: 60_000 }, () => {
  it('answers stored texts from the cache, says so, refuses the others honestly, and recovers', async () => {
    await ask(textsOf(stored))
    const running = load(4)
    await until(() => running.answers.length > 20)
    rmSync(`${folder}/model.onnx`)
    for (const pid of await pids()) process.kill(pid, 'SIGKILL')
    await until(async () => (await pids()).length === 0)

    const hit = await ask(textsOf(stored))
    expectRight(hit, stored)
    expect(hit.headers.get('x-embedgate-cache')).toBe('hit')
    expect(hit.headers.get('x-embedgate-degraded')).toBe('false')

    aheadMs = 2 * dayMs
    const stale = await ask(textsOf(stored))
    expectRight(stale, stored)
    expect(Object.fromEntries(stale.headers)).toMatchObject({
      'x-embedgate-backend': 'cached',
      'x-embedgate-cache': 'stale',
      'x-embedgate-cache-hits': `${stored.length}/${stored.length}`,
      'x-embedgate-degraded': 'true',
    })
    const plain = await post(`${gateway.url}/api/v1/embed`, { texts: textsOf(stored) })
    expect(plain.body).toMatchObject({ backend: 'cached', degraded: true })

    expectHonest(await ask(textsOf(unstored)))
    expectHonest(await ask(textsOf([...stored, ...unstored])))
    expectHonest(await ask(textsOf(stored), fresh))
    expectHonest(await ask(textsOf(stored), { 'cache-control': 'no-cache' }))
    aheadMs = 8 * dayMs
    expectHonest(await ask(textsOf(stored)))

    for (const { golden, answer } of await running.end()) {
      if (answer.status === 200) expectRight(answer, golden)
      else expectHonest(answer)
    }
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(metrics).toMatch(/^embedgate_degraded_total\{[^}]*from="cpu",to="cached"[^}]*\} 2$/m)

    replaceFile(folder, 'model.onnx', (graph) => graph)
    await until(async () => (await ask(textsOf(unstored))).status === 200)
    const healed = await ask(textsOf([...stored, ...unstored]))
    expectRight(healed, [...stored, ...unstored])
    expect(healed.headers.get('x-embedgate-degraded')).toBe('false')
  })
})

describe('[S4] workers die or freeze under load', { timeout: 60_000 }, () => {
  it('loses no answer of 32 clients and gives no wrong one when one of two is killed', async () => {
    const running = load(32)
    await until(() => running.answers.length > 64)
    const [victim = 0] = await pids()
    process.kill(victim, 'SIGKILL')
    await until(async () => (await pids()).length === 2 && !(await pids()).includes(victim))
    const answers = await running.end()
    for (const { golden, answer } of answers) expectRight(answer, golden)
  })

  it.each(['SIGKILL', 'SIGSTOP'] as const)('recovers by itself when all are hit by %s', async (signal) => {
    const running = load(8)
    await until(() => running.answers.length > 16)
    const before = await pids()
    for (const pid of before) process.kill(pid, signal)
    await until(async () => {
      const now = await pids()
      return now.length === 2 && !now.some((pid) => before.includes(pid))
    })
    const after = running.answers.length
    await until(() => running.answers.length > after + 16)
    const answers = await running.end()
    for (const { golden, answer } of answers) {
      if (answer.status === 200) expectRight(answer, golden)
      else expectHonest(answer)
    }
    expect(answers.slice(after + 8).map(({ answer }) => answer.status)).toEqual(answers.slice(after + 8).map(() => 200))
  })
})
