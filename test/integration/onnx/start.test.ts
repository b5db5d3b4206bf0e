import { describe, expect, it } from 'vitest'
import { embed, fakePool, wrongRows } from './fake-pool.ts'

const soon = () => AbortSignal.timeout(1_000)

describe('start', () => {
  it('rejects as absent when the device is missing, and finds it later', async () => {
    const pool = await fakePool(2, { start: 'absent' })
    await expect(pool.supervisor.start()).rejects.toMatchObject({ fault: 'absent' })
    expect(await pool.supervisor.health(soon())).toMatchObject({ state: 'absent', detail: 'fake: absent' })
    await pool.rescript({})
    await pool.supervisor.start()
    expect(await pool.supervisor.health(soon())).toMatchObject({ state: 'up' })
  })

  it('rejects with EG_MODEL_CORRUPT when a worker cannot read the model', async () => {
    const pool = await fakePool(2, { start: 'model' })
    await expect(pool.supervisor.start()).rejects.toMatchObject({ code: 'EG_MODEL_CORRUPT' })
  })

  it.each(['exit', 'wrong'] as const)('rejects as unavailable when every worker fails: %s', async (start) => {
    const pool = await fakePool(2, { start })
    await expect(pool.supervisor.start()).rejects.toMatchObject({ fault: 'unavailable' })
    expect(await pool.supervisor.health(soon())).toMatchObject({ state: 'down' })
  })

  it('refuses a worker whose model files have changed, also when it replaces another one', async () => {
    const changed = 'the model files have changed since the gateway started: restart it'
    const early = await fakePool(1, { space: 'another' })
    await expect(early.supervisor.start()).rejects.toMatchObject({ fault: 'unavailable', message: changed })

    const pool = await fakePool(1)
    await pool.supervisor.start()
    await pool.rescript({ space: 'another' })
    process.kill((await pool.up(1))[0]?.pid ?? 0, 'SIGKILL')
    await expect
      .poll(() => pool.supervisor.health(soon()), { timeout: 10_000 })
      .toMatchObject({ state: 'down', detail: changed })
    await expect(embed(pool, ['text'])).rejects.toMatchObject({ fault: 'unavailable' })
  })

  it('rejects as unavailable when loading takes longer than it may', async () => {
    const pool = await fakePool(1, { start: 'never' }, { modelLoadMs: 300 })
    await expect(pool.supervisor.start()).rejects.toMatchObject({
      fault: 'unavailable',
      message: 'the model was not loaded within 300 ms',
    })
  })

  it('resolves with the first worker; the others follow', async () => {
    const pool = await fakePool(2)
    await pool.supervisor.start()
    expect(wrongRows(['now'], await embed(pool, ['now']))).toEqual([])
    expect(await pool.up(2)).toHaveLength(2)
  })

  it('starts workers once when it is called twice', async () => {
    const pool = await fakePool(1)
    await Promise.all([pool.supervisor.start(), pool.supervisor.start()])
    await pool.supervisor.start()
    expect(await pool.workers()).toHaveLength(1)
    expect((await pool.workers())[0]?.restarts).toBe(0)
  })
})

describe('before it has started, and while it starts', () => {
  it('refuses texts at once', async () => {
    const pool = await fakePool(1, { loadMs: 200 })
    await expect(embed(pool, ['early'])).rejects.toMatchObject({ fault: 'unavailable' })
    const started = pool.supervisor.start()
    await expect(embed(pool, ['early'])).rejects.toMatchObject({ fault: 'unavailable' })
    await started
  })

  it('can be closed', async () => {
    const pool = await fakePool(2, { start: 'never' })
    const started = expect(pool.supervisor.start()).rejects.toMatchObject({ fault: 'unavailable' })
    await expect.poll(async () => (await pool.workers())?.length).toBe(2)
    await pool.supervisor.close()
    await started
    await expect(pool.supervisor.start()).rejects.toMatchObject({ fault: 'unavailable' })
  })
})
