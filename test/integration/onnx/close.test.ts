import { describe, expect, it } from 'vitest'
import { noLog } from '../../../gateway/core/log.ts'
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

  it('leaves it to the supervisor when to stop: workers ignore the signals of a process group', async () => {
    const pool = await fakePool(1, { msPerToken: 0.5 })
    await pool.supervisor.start()
    const [worker] = await pool.up(1)
    process.kill(worker?.pid ?? 0, 'SIGTERM')
    process.kill(worker?.pid ?? 0, 'SIGINT')
    const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`)
    for (let round = 0; round < 5; round += 1) expect(wrongRows(texts, await embed(pool, texts))).toEqual([])
    expect(await pool.workers()).toMatchObject([{ state: 'up', pid: worker?.pid, restarts: 0 }])
  })

  it('lets workers end by themselves', async () => {
    const ends: unknown[] = []
    const info = (fields: object, message: string): unknown => message === 'worker has ended' && ends.push(fields)
    const pool = await fakePool(1, {}, { log: { ...noLog, info } })
    await pool.supervisor.start()
    await pool.supervisor.close()
    expect(ends).toMatchObject([{ reason: 'stopped', how: 'exit code 0' }])
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
