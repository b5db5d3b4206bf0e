import { describe, expect, it } from 'vitest'
import { embed, fakePool, wrongRows } from './fake-pool.ts'

const soon = () => AbortSignal.timeout(1_000)
const tooSlow = { state: 'absent', detail: 'fake: too slow' }

describe('a worker that gives its device up', () => {
  it('answers what it holds, and the device is absent from then on', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.start()
    const texts = ['GIVE-UP', ...Array.from({ length: 60 }, (_, row) => `text ${row}`)]
    expect(wrongRows(texts, await embed(pool, texts))).toEqual([])
    await expect.poll(() => pool.supervisor.health(soon())).toMatchObject(tooSlow)
    await expect(embed(pool, ['another'])).rejects.toMatchObject({ fault: 'unavailable' })
  })

  it('is not started again at once, also when it is asked for', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.start()
    await embed(pool, ['GIVE-UP'])
    await expect.poll(async () => (await pool.workers())[0]?.state).toBe('resting')
    const refused = { fault: 'absent', message: 'fake: too slow' }
    await expect(pool.supervisor.start()).rejects.toMatchObject(refused)
    expect(await pool.supervisor.health(soon())).toMatchObject({ ...tooSlow, facts: { workers: [] } })
    await pool.supervisor.start()
    expect(wrongRows(['again'], await embed(pool, ['again']))).toEqual([])
  })

  it('finishes what is queued, and tells those who wait for a start meanwhile', async () => {
    const pool = await fakePool(1, { batchTokens: 1 })
    await pool.supervisor.start()
    const first = embed(pool, ['GIVE-UP'])
    const queued = embed(pool, ['SLOW(1000)'])
    await first
    await expect.poll(() => pool.supervisor.health(soon())).toMatchObject(tooSlow)
    expect((await pool.workers())[0]?.state).not.toBe('resting')
    const start = expect(pool.supervisor.start()).rejects.toMatchObject({ fault: 'absent' })
    expect(wrongRows(['SLOW(1000)'], await queued)).toEqual([])
    await start
  })
})
