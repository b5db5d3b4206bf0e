import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../../gateway/core/clock.ts'
import { batchOf, callOf } from '../../../../gateway/testing/index.ts'
import { until } from '../../../support/gateway.ts'
import { wrongRows } from '../fake-pool.ts'
import { fakeRemote, fakeWorker } from './fake-remote.ts'
import { networkTo } from './network.ts'

type Remote = ReturnType<typeof fakeRemote>

const embed = async (remote: Remote, texts: readonly string[]) => {
  const call = callOf()
  try {
    return await remote.embed(batchOf(texts), call)
  } finally {
    call.release()
  }
}

const isRight = async (remote: Remote, text: string): Promise<boolean> => {
  try {
    return wrongRows([text], await embed(remote, [text])).length === 0
  } catch {
    return false
  }
}

/** A replica behind a network, started; `aheadMs` moves its clock. */
const connected = async (script: object = {}) => {
  const worker = await fakeWorker(script)
  const network = await networkTo(worker.port)
  const time = { aheadMs: 0 }
  const clock = { ...systemClock, now: () => systemClock.now() + time.aheadMs }
  const remote = fakeRemote(network.url, { clock })
  await remote.start()
  return { worker, network, remote, time }
}

const stableMs = 10_000

describe('the network to a worker', { timeout: 60_000 }, () => {
  it.each([
    ['resets the connection', 'connection', (network) => network.reset()],
    ['brings bytes that are no frames', 'protocol', (network) => network.inject(Buffer.alloc(64, 0xee))],
    ['cuts a frame off', 'connection', (network) => network.truncateAfter(20)],
    ['lets bytes trickle', 'timeout', (network) => network.trickle()],
    ['takes everything and gives nothing back', 'timeout', (network) => network.blackhole(true)],
  ] as [string, string, (network: Awaited<ReturnType<typeof networkTo>>) => unknown][])(
    'fails what is out, with a typed fault, when it %s; and the replica is down',
    async (_what, fault, disturb) => {
      const { network, remote } = await connected()
      const out = Promise.allSettled([embed(remote, ['SLOW(600)']), embed(remote, ['SLOW(600) too'])])
      await new Promise((resolve) => setTimeout(resolve, 100))
      disturb(network)
      const faults = (await out).map((each) => each.status === 'rejected' && each.reason)
      expect(faults).toMatchObject([{ fault }, { fault }])
      expect(await remote.health(AbortSignal.timeout(1_000))).toMatchObject({ state: 'down' })
      await expect(embed(remote, ['more'])).rejects.toMatchObject({ fault: 'unavailable' })
    },
  )

  it('is taken for dead as soon in silence, without any work', async () => {
    const { network, remote } = await connected()
    network.blackhole(true)
    await until(async () => (await remote.health(AbortSignal.timeout(1_000))).state === 'down')
  })

  it('answers again after start, once it is whole', async () => {
    const { network, remote } = await connected()
    network.blackhole(true)
    await until(async () => !(await isRight(remote, 'a')))
    network.blackhole(false)
    await remote.start()
    expect(await isRight(remote, 'b')).toBe(true)
  })

  it('is mended by itself when it breaks after a while and the worker is the same', async () => {
    const { network, remote, time } = await connected()
    time.aheadMs = stableMs
    network.reset()
    await until(() => isRight(remote, 'again'))
  })

  it('is waited for while the worker computes, however long its queue', async () => {
    const { remote } = await connected({ msPerToken: 4, batchTokens: 30 })
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => embed(remote, [`a b c d e ${index}`])))
    expect(answers).toHaveLength(40)
    expect(await remote.health(AbortSignal.timeout(1_000))).toMatchObject({ state: 'up' })
  })

  it('is waited for while one batch blocks the worker, within what its batches may take', async () => {
    const { remote } = await connected({ msPerToken: 1 })
    expect(await isRight(remote, 'SLOW(1800)')).toBe(true)
  })

  it('keeps no connection when the replica is closed', async () => {
    const { network, remote } = await connected()
    await remote.close()
    await until(() => network.open() === 0)
  })
})
