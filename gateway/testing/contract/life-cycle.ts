import assert from 'node:assert/strict'
import { batchOf } from '../calls.ts'
import { assertComputedRows } from './assertions.ts'
import { startOf, type Bench, type TestRunner } from './subject.ts'

/** How long closing may take with nothing in flight, and health may take at any time. */
const closeLimitMs = 10_000
const healthLimitMs = 1_000

/** Life: what it says of itself, and that it can be closed. */
export const lifeCycleTests = ({ it }: TestRunner, bench: Bench): void => {
  it('has the facts that the chain needs', async () => {
    const backend = await bench.backend()
    assert.ok(backend.name.length > 0 && backend.kind.length > 0, 'it has a name and a kind')
    assert.ok(Number.isInteger(backend.limits.texts) && backend.limits.texts > 0, 'limits.texts is a positive integer')
    assert.equal(backend.computing, true, 'this suite is for backends that compute')
  })

  it('is up once it has started', async () => {
    const health = await (await bench.backend()).health(AbortSignal.timeout(healthLimitMs))
    assert.equal(health.state, 'up', health.detail)
  })

  it('finishes what is in flight when it is closed', async () => {
    const backend = await startOf(bench.subject)
    const call = bench.open()
    const work = backend.embed(batchOf(bench.texts), call)
    const [answer] = await Promise.all([work, withinClose(backend.close())])
    call.release()
    assertComputedRows(answer, bench.texts.length)
  })

  it('can be closed twice, and never started', async () => {
    const backend = await startOf(bench.subject)
    await withinClose(backend.close())
    await withinClose(backend.close())
    const unused = await bench.subject.create()
    await withinClose(unused.close())
  })

  it('refuses to start again after it was closed, or works', async () => {
    const backend = await startOf(bench.subject)
    await withinClose(backend.close())
    const restarted = await backend.start().then(
      () => true,
      () => false,
    )
    const call = bench.open()
    if (restarted) assertComputedRows(await backend.embed(batchOf(bench.texts), call), bench.texts.length)
    call.release()
    await withinClose(backend.close())
  })
}

const withinClose = async (closing: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not close within ${closeLimitMs} ms`)), closeLimitMs)
  })
  await Promise.race([closing, late]).finally(() => clearTimeout(timer))
}
