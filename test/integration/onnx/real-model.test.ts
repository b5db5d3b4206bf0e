import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onnxKind } from '../../../backends/onnx/index.ts'
import type { WorkerFacts } from '../../../backends/onnx/supervisor/health.ts'
import type { Backend } from '../../../gateway/core/backend.ts'
import { systemClock } from '../../../gateway/core/clock.ts'
import { type Embeddings, vectorOf } from '../../../gateway/core/embeddings.ts'
import { type Log, noLog } from '../../../gateway/core/log.ts'
import { noMeter } from '../../../gateway/core/meter.ts'
import { batchOf, testCall } from './fake-pool.ts'

/** The embedded model on the CPU, in real workers. */
const realBackend = (log: Log = noLog): Backend =>
  onnxKind({ inferenceMs: 5_000, modelLoadMs: 60_000 }).create({
    name: 'cpu',
    replica: 0,
    options: { device: 'cpu', model: 'all-MiniLM-L6-v2', workers: 2 },
    log,
    clock: systemClock,
    meter: noMeter,
    dataDir: '.',
  })

const embed = async (backend: Backend, texts: readonly string[]): Promise<Embeddings> => {
  const call = testCall()
  try {
    return await backend.embed(batchOf(texts), call)
  } finally {
    call.release()
  }
}

const up = async (backend: Backend, count: number): Promise<readonly WorkerFacts[]> => {
  for (;;) {
    const { facts } = await backend.health(AbortSignal.timeout(5_000))
    const living = ((facts?.['workers'] ?? []) as readonly WorkerFacts[]).filter((worker) => worker.state === 'up')
    if (living.length >= count) return living
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)
const minCosine = (a: Embeddings, b: Pick<Embeddings, 'vectors' | 'dims'>): number =>
  Math.min(...Array.from(a.tokens, (_, row) => cosine(vectorOf(a, row), vectorOf(b, row))))

const requests = Array.from({ length: 8 }, (_, index) =>
  Array.from({ length: 6 }, (__, row) => `request ${index}, text ${row}: ${'some more words '.repeat(row * 2)}`),
)

/** Loading a model takes seconds on a busy machine, and these tests do it often. */
const timeoutMs = 120_000

describe('a pool of real workers', { timeout: timeoutMs }, () => {
  const backend = realBackend()
  beforeAll(() => backend.start())
  afterAll(() => backend.close())

  it('gives the reference vectors', async () => {
    const golden = backend.references
    if (!golden) throw new Error('the embedded model has references')
    expect(minCosine(await embed(backend, golden.texts), golden)).toBeGreaterThan(0.9999)
  })

  it('loses no answer and gives no wrong one when workers are killed under load', async ({ annotate }) => {
    const expected = await Promise.all(requests.map((texts) => embed(backend, texts)))
    for (let kill = 0; kill < 2; kill += 1) {
      const workers = await up(backend, 2)
      const answers = requests.map((texts) => embed(backend, texts))
      await new Promise((resolve) => setTimeout(resolve, 50))
      const killedMs = performance.now()
      process.kill(workers[kill % 2]?.pid ?? 0, 'SIGKILL')
      const answered = await Promise.all(answers)
      for (const [index, answer] of answered.entries()) {
        expect(minCosine(answer, expected[index] ?? answer)).toBeGreaterThan(0.99999)
      }
      const isNew = async (): Promise<boolean> => {
        const pids = (await up(backend, 2)).map(({ pid }) => pid)
        return !pids.includes(workers[kill % 2]?.pid)
      }
      await expect.poll(isNew, { timeout: 20_000 }).toBe(true)
      await annotate(`two workers again ${Math.round(performance.now() - killedMs)} ms after a kill`)
    }
  })
})

describe('stopping real workers while they are busy', { timeout: timeoutMs }, () => {
  it('answers what is in flight and aborts no process', async () => {
    for (let cycle = 0; cycle < 5; cycle += 1) {
      const ends: unknown[] = []
      const backend = realBackend({
        ...noLog,
        info: (fields, message) => message === 'worker has ended' && ends.push(fields),
        warn: (fields, message) => message === 'worker has ended' && ends.push(fields),
      })
      await backend.start()
      if (cycle % 2 === 0) await up(backend, 2)
      const answers = requests.map((texts) => embed(backend, texts))
      await new Promise((resolve) => setTimeout(resolve, 20 * cycle))
      await backend.close()
      expect((await Promise.all(answers)).map(({ dims }) => dims)).toEqual(requests.map(() => 384))
      expect(ends.length).toBeGreaterThan(0)
      for (const end of ends) expect(end).toMatchObject({ reason: 'stopped', how: 'exit code 0' })
    }
  })
})
