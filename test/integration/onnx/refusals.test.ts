import { describe, expect, it } from 'vitest'
import { CallerGone } from '../../../gateway/core/errors.ts'
import { batchOf, embed, fakePool, testCall, wrongRows } from './fake-pool.ts'

describe('what a worker refuses', () => {
  it('is busy when its queue is full', async () => {
    const pool = await fakePool(1, { maxQueued: 3 })
    await pool.supervisor.start()
    await expect(embed(pool, ['a', 'b', 'c', 'd'])).rejects.toMatchObject({ fault: 'busy' })
  })

  it('is too long when truncation is not allowed', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.start()
    const long = batchOf(['word '.repeat(100)], false)
    await expect(pool.supervisor.embed(long, testCall())).rejects.toMatchObject({ code: 'EG_INPUT_TOO_LONG' })
    const { tokens, truncated } = await embed(pool, ['word '.repeat(100), 'short one'])
    expect([...truncated]).toEqual([1, 0])
    expect([...tokens]).toEqual([64, 4])
  })
})

describe('a caller', () => {
  it('that leaves ends its request at once and takes its texts out of the queue', async () => {
    const pool = await fakePool(1, { batchTokens: 4 })
    await pool.supervisor.start()
    const running = embed(pool, ['SLOW(400)'])
    const call = testCall()
    const left = pool.supervisor.embed(batchOf(Array.from({ length: 20 }, () => 'SLOW(200)')), call)
    setTimeout(() => call.abort(new CallerGone()), 50)
    await expect(left).rejects.toBeInstanceOf(CallerGone)
    await running
    const startMs = performance.now()
    expect(wrongRows(['next'], await embed(pool, ['next']))).toEqual([])
    // 20 queued texts would have taken 4 s.
    expect(performance.now() - startMs).toBeLessThan(2_000)
  })

  it('whose time is up gets EG_DEADLINE', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.start()
    const late = pool.supervisor.embed(batchOf(['SLOW(500)']), testCall('interactive', 100))
    await expect(late).rejects.toMatchObject({ code: 'EG_DEADLINE' })
  })
})

describe('a bulk request', () => {
  it('enters the queue piece by piece, so that it does not stand in front of others', async () => {
    const pool = await fakePool(1, { msPerToken: 0.05 })
    await pool.supervisor.start()
    const texts = Array.from({ length: 600 }, (_, index) => `bulk ${index} ${'word '.repeat(50)}`)
    let isBulkDone = false
    const bulk = embed(pool, texts, 'bulk').finally(() => (isBulkDone = true))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(wrongRows(['quick'], await embed(pool, ['quick']))).toEqual([])
    expect(isBulkDone).toBe(false)
    expect(wrongRows(texts, await bulk)).toEqual([])
  })
})
