import { describe, expect, it } from 'vitest'
import { embed, fakePool, wrongRows } from './fake-pool.ts'

describe('a frozen worker', () => {
  it('is killed and replaced when it is stopped, and its pieces are answered by another', async () => {
    const pool = await fakePool(2)
    await pool.supervisor.start()
    const [stopped, other] = await pool.up(2)
    process.kill(stopped?.pid ?? 0, 'SIGSTOP')
    const batches = Array.from({ length: 10 }, (_, index) => [`a ${index}`, `b ${index}`])
    const answers = await Promise.all(batches.map((batch) => embed(pool, batch)))
    answers.forEach((answer, index) => expect(wrongRows(batches[index] ?? [], answer)).toEqual([]))
    const pids = (await pool.up(2)).map(({ pid }) => pid)
    expect(pids).toContain(other?.pid)
    expect(pids).not.toContain(stopped?.pid)
  })

  it('is told from a slow one: a batch below the limit is waited for', async () => {
    const pool = await fakePool(1, { msPerToken: 1 })
    await pool.supervisor.start()
    const answer = await embed(pool, ['SLOW(1500)'])
    expect(wrongRows(['SLOW(1500)'], answer)).toEqual([])
    expect((await pool.workers())[0]?.restarts).toBe(0)
  })

  it('makes the text that froze two workers a rejected one', async () => {
    const pool = await fakePool(2)
    await pool.supervisor.start()
    await pool.up(2)
    await expect(embed(pool, ['HANG'])).rejects.toMatchObject({ code: 'EG_INPUT_REJECTED' })
    await pool.up(2)
    expect(wrongRows(['fine'], await embed(pool, ['fine']))).toEqual([])
  })
})
