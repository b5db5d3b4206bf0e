import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FakePool, embed, fakePool, wrongRows } from './fake-pool.ts'

const texts = (count: number, about: string): string[] =>
  Array.from({ length: count }, (_, index) => `${about} ${index} ${'word '.repeat(index % 30)}`)

/** Clients that ask one after the other until told to stop; resolves with the numbers of answers and of wrong rows. */
const load = (pool: FakePool, clients: number, textsPerRequest: number) => {
  const over = new AbortController()
  let asked = 0
  const inFlight = new Set<Promise<unknown>>()
  const client = async (number: number) => {
    let answered = 0
    let wrong = 0
    while (!over.signal.aborted) {
      const batch = texts(textsPerRequest, `client ${number} request ${(asked += 1)}`)
      const answer = embed(pool, batch)
      inFlight.add(answer)
      wrong += wrongRows(batch, await answer.finally(() => inFlight.delete(answer))).length
      answered += 1
    }
    return { answered, wrong }
  }
  const all = Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  return {
    /** Resolves when everything that is in flight now has been answered. */
    settled: () => Promise.all(inFlight),
    end: async () => {
      over.abort()
      const results = await all
      return {
        asked,
        answered: results.reduce((sum, result) => sum + result.answered, 0),
        wrong: results.reduce((sum, result) => sum + result.wrong, 0),
      }
    },
  }
}

describe('a worker that dies', () => {
  it('costs no answer and makes none wrong when it is killed under load', async () => {
    const pool = await fakePool(2)
    await pool.supervisor.start()
    await pool.up(2)
    const running = load(pool, 6, 12)
    for (let kills = 0; kills < 6; kills += 1) {
      const workers = await pool.up(2)
      await running.settled()
      process.kill(workers[kills % 2]?.pid ?? 0, 'SIGKILL')
      await running.settled()
    }
    const { asked, answered, wrong } = await running.end()
    expect(answered).toBe(asked)
    expect(wrong).toBe(0)
    expect((await pool.up(2)).reduce((sum, worker) => sum + worker.restarts, 0)).toBe(6)
  })

  it('fails only the request whose text kills workers, with EG_INPUT_REJECTED', async () => {
    const pool = await fakePool(2, { msPerToken: 0.2 })
    await pool.supervisor.start()
    await pool.up(2)
    const batches = Array.from({ length: 12 }, (_, index) => texts(20, `innocent ${index}`))
    const innocent = batches.map((batch) => embed(pool, batch))
    const poison = embed(pool, ['fine', 'CRASH', 'fine too'])
    const more = batches.map((batch) => embed(pool, batch))
    await expect(poison).rejects.toMatchObject({ code: 'EG_INPUT_REJECTED' })
    const answers = await Promise.all([...innocent, ...more])
    answers.forEach((answer, index) => expect(wrongRows(batches[index % 12] ?? [], answer)).toEqual([]))
  })

  it('is replaced for texts that run alone when it was the only one', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.start()
    const once = `CRASH-ONCE(${join(pool.folder, 'crashed')})`
    const answer = await embed(pool, [once])
    expect(wrongRows([once], answer)).toEqual([])
    await expect(embed(pool, ['CRASH'])).rejects.toMatchObject({ code: 'EG_INPUT_REJECTED' })
    await pool.up(1)
    expect(wrongRows(['fine'], await embed(pool, ['fine']))).toEqual([])
  })

  it('fails what waits for a worker of its own when no worker comes back', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.start()
    await pool.rescript({ start: 'absent' })
    await expect(embed(pool, ['CRASH'])).rejects.toMatchObject({ fault: 'crash' })
    expect(await pool.supervisor.health(AbortSignal.timeout(1_000))).toMatchObject({ state: 'absent' })
    await expect(embed(pool, ['fine'])).rejects.toMatchObject({ fault: 'unavailable' })
    await pool.rescript({})
    await pool.supervisor.start()
    expect(wrongRows(['fine'], await embed(pool, ['fine']))).toEqual([])
  })

  it('is killed and its pieces go to another worker when it answers garbage', async () => {
    const pool = await fakePool(2)
    await pool.supervisor.start()
    const before = await pool.up(2)
    await expect(embed(pool, ['GARBAGE'])).rejects.toMatchObject({ code: 'EG_INPUT_REJECTED' })
    const after = await pool.up(2)
    expect(after.every((worker) => !before.some(({ pid }) => pid === worker.pid))).toBe(true)
  })

  it('is replaced when its runtime throws again and again', async () => {
    const pool = await fakePool(1)
    await pool.supervisor.start()
    for (let fault = 0; fault < 3; fault += 1) {
      await expect(embed(pool, ['THROW'])).rejects.toMatchObject({ fault: 'error' })
    }
    await expect.poll(async () => (await pool.workers())[0]?.restarts).toBe(1)
    await pool.up(1)
    expect(wrongRows(['fine'], await embed(pool, ['fine']))).toEqual([])
  })
})
