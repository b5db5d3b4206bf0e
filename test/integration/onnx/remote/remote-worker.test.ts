import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OnnxEntry } from '../../../../backends/onnx/entry.ts'
import { onnxKind } from '../../../../backends/onnx/index.ts'
import type { Backend } from '../../../../gateway/core/backend.ts'
import type { Embeddings } from '../../../../gateway/core/embeddings.ts'
import { batchOf, callOf, contextOf } from '../../../../gateway/testing/index.ts'
import { fakeModel } from './fake-model.ts'
import { kill, startOnTcp, workerOnTcp, type WorkerOnTcp } from './processes.ts'

const kind = onnxKind({ inferenceMs: 5_000, modelLoadMs: 60_000 })
const backendOf = (options: OnnxEntry): Backend => kind.create(contextOf(options))
const model = 'all-MiniLM-L6-v2'
const texts = Array.from({ length: 40 }, (_, index) => `text ${index}: ${'some more words '.repeat(index % 12)}`)

const embed = async (backend: Backend, some: readonly string[]): Promise<Embeddings> => {
  const call = callOf()
  try {
    return await backend.embed(batchOf(some), call)
  } finally {
    call.release()
  }
}

const healthOf = (backend: Backend) => backend.health(AbortSignal.timeout(1_000))

describe('a worker over TCP', { timeout: 60_000 }, () => {
  let worker: WorkerOnTcp
  beforeAll(async () => {
    worker = await startOnTcp({ token: 'open-sesame' })
  })
  afterAll(() => kill(worker))

  it('gives the vectors that local workers give', async () => {
    const local = backendOf({ model, workers: 1 })
    const remote = backendOf({ model, url: worker.url, token: 'open-sesame' })
    await Promise.all([local.start(), remote.start()])
    const [here, there] = [await embed(local, texts), await embed(remote, texts)]
    const largest = here.vectors.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - (there.vectors[at] ?? 9))),
      0,
    )
    expect(largest).toBeLessThan(1e-6)
    expect(there.tokens).toEqual(here.tokens)
    await Promise.all([local.close(), remote.close()])
  })

  it('says what it runs on', async () => {
    const remote = backendOf({ model, url: worker.url, token: 'open-sesame' })
    await remote.start()
    expect(await healthOf(remote)).toMatchObject({
      state: 'up',
      detail: `1 worker on cpu at ${worker.url}`,
      facts: { url: worker.url, pid: worker.child.pid, provider: 'cpu' },
    })
    await remote.close()
  })

  it.each([
    ['another token', 'sesame', 'the worker refuses the token'],
    ['none', undefined, 'the worker wants a token'],
  ])('refuses a gateway that has %s, which says so and shows none', async (_what, token, detail) => {
    const remote = backendOf({ model, url: worker.url, ...(token !== undefined && { token }) })
    await expect(remote.start()).rejects.toMatchObject({
      fault: 'unavailable',
      message: expect.stringContaining(detail),
    })
    const health = await healthOf(remote)
    expect(health).toMatchObject({ state: 'down', detail: expect.stringContaining(detail) })
    expect(JSON.stringify(health)).not.toContain('sesame')
    await expect(embed(remote, ['a'])).rejects.toMatchObject({ fault: 'unavailable' })
    await remote.close()
  })
})

describe('something else at the address of a worker', () => {
  it('is refused when it serves another model', async () => {
    const other = await workerOnTcp({ program: 'fake', model: await fakeModel() })
    const remote = backendOf({ model, url: other.url })
    await expect(remote.start()).rejects.toThrow(/serves .* of space other, this gateway all-MiniLM-L6-v2 of space/)
    await remote.close()
  })

  it('is refused when nobody listens', async () => {
    const gone = await startOnTcp({ program: 'fake', model: await fakeModel() })
    await kill(gone)
    const remote = backendOf({ model, url: gone.url })
    await expect(remote.start()).rejects.toMatchObject({ fault: 'connection' })
    expect(await healthOf(remote)).toMatchObject({ state: 'down', detail: expect.stringContaining(gone.url) })
    await remote.close()
  })
})
