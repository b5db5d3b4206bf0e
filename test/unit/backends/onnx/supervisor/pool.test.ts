import { describe, expect, it } from 'vitest'
import { workerPool } from '../../../../../backends/onnx/supervisor/pool.ts'
import type { Priority } from '../../../../../gateway/core/call.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import type { Worker } from '../../../../../backends/onnx/supervisor/worker.ts'
import { callOf, scriptedWorker, settle } from './scripted-worker.ts'

const live = callOf()
const need = (tokens: number, alone = false, until = live, priority: Priority = 'interactive') => ({
  tokens,
  alone,
  until,
  priority,
})

/** Uses a worker until told to stop. */
const hold = (pool: ReturnType<typeof workerPool>, tokens: number, alone = false, priority?: Priority) => {
  let release: (() => void) | undefined
  const held: { worker?: Worker } = {}
  const done = pool.use(need(tokens, alone, live, priority), (worker) => {
    held.worker = worker
    return new Promise<void>((resolve) => (release = resolve))
  })
  return { held, done, release: () => release?.() }
}

describe('workerPool', () => {
  it('uses the worker with the fewest tokens outstanding', async () => {
    const pool = workerPool()
    const [a, b] = [scriptedWorker(), scriptedWorker()]
    pool.add(a)
    pool.add(b)
    expect(hold(pool, 100).held.worker).toBe(a)
    expect(hold(pool, 60).held.worker).toBe(b)
    expect(hold(pool, 60).held.worker).toBe(b)
    expect(hold(pool, 10).held.worker).toBe(a)
    expect(pool.counts()).toEqual({ ready: 2, idle: 0 })
  })

  it('keeps a worker free of bulk while interactive work comes, and gives bulk all of them a second later', async () => {
    const clock = fakeClock()
    const pool = workerPool(clock)
    const [a, b] = [scriptedWorker(), scriptedWorker()]
    pool.add(a)
    pool.add(b)
    hold(pool, 10).release()
    await settle()
    for (let times = 0; times < 3; times++) expect(hold(pool, 2_000, false, 'bulk').held.worker).toBe(b)
    await clock.advance(1_000)
    expect(hold(pool, 2_000, false, 'bulk').held.worker).toBe(a)
  })

  it('gives bulk the only worker there is, also while interactive work comes', () => {
    const pool = workerPool(fakeClock())
    const worker = scriptedWorker()
    pool.add(worker)
    hold(pool, 10)
    expect(hold(pool, 2_000, false, 'bulk').held.worker).toBe(worker)
  })

  it('weighs the bulk batch that runs against interactive work that waits, and no bulk that waits', () => {
    const pool = workerPool(fakeClock())
    const kept = scriptedWorker()
    let left = 100
    const ingesting: Worker = { ...scriptedWorker(), runningBulkTokens: () => left }
    pool.add(kept)
    pool.add(ingesting)
    hold(pool, 90)
    hold(pool, 4_000, false, 'bulk')
    expect(hold(pool, 20).held.worker).toBe(kept)
    expect(hold(pool, 20).held.worker).toBe(ingesting)
    left = 40
    expect(hold(pool, 20).held.worker).toBe(ingesting)
  })

  it('takes bulk that waits at a worker for little in front of interactive work', () => {
    const pool = workerPool(fakeClock())
    const [a, b] = [scriptedWorker(), scriptedWorker()]
    pool.add(a)
    pool.add(b)
    hold(pool, 4_000, false, 'bulk')
    hold(pool, 4_000, false, 'bulk')
    const used = Array.from({ length: 4 }, () => hold(pool, 300).held.worker)
    expect(used.filter((worker) => worker === a)).toHaveLength(2)
    expect(hold(pool, 8_000, false, 'bulk').held.worker).toBe(b)
    expect(hold(pool, 10).held.worker).toBe(a)
  })

  it('counts tokens only while a worker is used, also when the use fails', async () => {
    const pool = workerPool()
    const worker = scriptedWorker()
    pool.add(worker)
    await expect(pool.use(need(5), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(worker.outstanding).toEqual({ pieces: 0, tokens: 0 })
    expect(pool.counts()).toEqual({ ready: 1, idle: 1 })
  })

  it('refuses at once when no worker can be used', async () => {
    const pool = workerPool()
    await expect(pool.use(need(1), async () => 1)).rejects.toMatchObject({ fault: 'unavailable' })
    const worker = scriptedWorker()
    pool.add(worker)
    worker.condemn('frozen')
    await expect(pool.use(need(1), async () => 1)).rejects.toMatchObject({ fault: 'unavailable' })
  })

  describe('for a text that runs alone', () => {
    it('waits until a worker holds nothing, and keeps others away meanwhile', async () => {
      const pool = workerPool()
      const worker = scriptedWorker()
      pool.add(worker)
      const busy = hold(pool, 10)
      const alone = hold(pool, 1, true)
      await settle()
      expect(alone.held.worker).toBeUndefined()
      busy.release()
      await busy.done
      await settle()
      expect(alone.held.worker).toBe(worker)
      const other = hold(pool, 1)
      await settle()
      expect(other.held.worker).toBeUndefined()
      alone.release()
      await alone.done
      await settle()
      expect(other.held.worker).toBe(worker)
    })

    it('takes a worker that has just become ready before others do', async () => {
      const pool = workerPool()
      const alone = hold(pool, 1, true)
      await settle()
      const worker = scriptedWorker()
      pool.add(worker)
      await settle()
      expect(alone.held.worker).toBe(worker)
    })

    it('hands a worker on from one such text to the next', async () => {
      const pool = workerPool()
      const first = hold(pool, 1, true)
      const second = hold(pool, 1, true)
      await settle()
      pool.add(scriptedWorker())
      await settle()
      expect(second.held.worker).toBeUndefined()
      first.release()
      await first.done
      await settle()
      expect(second.held.worker).toBeDefined()
    })

    it('gives up when no worker can be started, and for as long as that is so', async () => {
      const pool = workerPool()
      const alone = hold(pool, 1, true)
      await settle()
      pool.giveUpIfEmpty()
      await expect(alone.done).rejects.toMatchObject({ fault: 'unavailable' })
      await expect(hold(pool, 1, true).done).rejects.toMatchObject({ fault: 'unavailable' })
      pool.add(scriptedWorker())
      const later = hold(pool, 1, true)
      await settle()
      expect(later.held.worker).toBeDefined()
    })

    it('waits again for a replacement once a worker could be started', async () => {
      const pool = workerPool()
      pool.giveUpIfEmpty()
      const worker = scriptedWorker()
      pool.add(worker)
      worker.end()
      pool.remove(worker)
      const alone = hold(pool, 1, true)
      await settle()
      const replacement = scriptedWorker()
      pool.add(replacement)
      await settle()
      expect(alone.held.worker).toBe(replacement)
    })

    it('leaves the line when its caller leaves', async () => {
      const pool = workerPool()
      const caller = callOf()
      const waiting = pool.use(need(1, true, caller), async () => 1)
      await settle()
      caller.abort(new Error('gone'))
      await expect(waiting).rejects.toThrow('gone')
      const worker = scriptedWorker()
      pool.add(worker)
      await settle()
      expect(hold(pool, 1).held.worker).toBe(worker)
    })
  })

  it('wakes those who wait when the worker kept for others has died', async () => {
    const pool = workerPool()
    const worker = scriptedWorker()
    pool.add(worker)
    const alone = hold(pool, 1, true)
    await settle()
    const waiting = hold(pool, 1)
    worker.end()
    pool.remove(worker)
    await expect(waiting.done).rejects.toMatchObject({ fault: 'unavailable' })
    alone.release()
  })
})
