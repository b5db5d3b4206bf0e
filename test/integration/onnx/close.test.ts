import { describe, expect, it } from 'vitest'
import { embed, fakePool, wrongRows } from './fake-pool.ts'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('close', () => {
  it('answers what is in flight, refuses what is new, and leaves no process', async () => {
    const pool = await fakePool(2, { msPerToken: 0.5 })
    await pool.supervisor.start()
    const pids = (await pool.up(2)).map(({ pid }) => pid ?? 0)
    const batches = Array.from({ length: 10 }, (_, index) => [`one ${index}`, `two ${index}`, `three ${index}`])
    const answers = batches.map((batch) => embed(pool, batch))
    const closed = pool.supervisor.close()
    await expect(embed(pool, ['late'])).rejects.toMatchObject({ fault: 'unavailable' })
    await closed
    const rows = await Promise.all(answers)
    rows.forEach((answer, index) => expect(wrongRows(batches[index] ?? [], answer)).toEqual([]))
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('kills a worker that does not end by itself', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.start()
    const [worker] = await pool.up(1)
    const stuck = embed(pool, ['HANG']).catch((error: unknown) => error)
    await pool.supervisor.close()
    expect(isAlive(worker?.pid ?? 0)).toBe(false)
    expect(await stuck).toBeInstanceOf(Error)
  })

  it('can be called twice, and without a start', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.close()
    await pool.supervisor.close()
  })
})
