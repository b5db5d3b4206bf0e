import { describe, expect, it } from 'vitest'
import { noSuspects } from '../../../../backends/onnx/remote/suspects.ts'
import { systemClock } from '../../../../gateway/core/clock.ts'
import { batchOf, callOf } from '../../../../gateway/testing/index.ts'
import { until } from '../../../support/gateway.ts'
import { wrongRows } from '../fake-pool.ts'
import { fakeRemote, fakeWorker } from './fake-remote.ts'
import { kill } from './processes.ts'

const embed = async (remote: ReturnType<typeof fakeRemote>, ...texts: string[]) => {
  const call = callOf()
  try {
    return await remote.embed(batchOf(texts), call)
  } finally {
    call.release()
  }
}

/** Replicas of one backend, each with a worker of its own. */
const replicas = async (count: number, suspects = noSuspects(systemClock)) => {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const worker = await fakeWorker()
      const remote = fakeRemote(worker.url, { suspects })
      await remote.start()
      return { worker, remote }
    }),
  )
}

describe('a text that ends workers', { timeout: 60_000 }, () => {
  it.each(['CRASH', 'HANG', 'GARBAGE'])(
    'costs two of four workers, and not the texts beside it: %s',
    async (poison) => {
      const [first, second, third, fourth] = await replicas(4)
      if (!first || !second || !third || !fourth) throw new Error('four were asked for')
      const failure = { fault: { CRASH: 'connection', HANG: 'timeout', GARBAGE: 'protocol' }[poison] }
      await expect(embed(first.remote, 'beside it', poison)).rejects.toMatchObject(failure)
      await expect(embed(second.remote, poison, 'beside it')).rejects.toMatchObject(failure)
      for (const { remote } of [third, fourth]) {
        await expect(embed(remote, 'beside it', poison)).rejects.toMatchObject({ fault: 'withheld' })
        expect(wrongRows(['beside it'], await embed(remote, 'beside it'))).toEqual([])
      }
    },
  )

  it('costs two of three workers also when its callers never wait that long', async () => {
    const suspects = noSuspects(systemClock)
    const [first, second, third] = await replicas(3, suspects)
    if (!first || !second || !third) throw new Error('three were asked for')
    const impatient = async ({ remote }: typeof first): Promise<void> => {
      const call = callOf(systemClock, { timeoutMs: 300 })
      await expect(remote.embed(batchOf(['HANG']), call)).rejects.toMatchObject({ code: 'EG_DEADLINE' })
    }
    await impatient(first)
    await until(() => suspects.verdict('HANG') === 'alone')
    await impatient(second)
    await until(() => suspects.verdict('HANG') === 'withheld')
    await expect(embed(third.remote, 'HANG')).rejects.toMatchObject({ fault: 'withheld' })
    expect(wrongRows(['beside it'], await embed(third.remote, 'beside it'))).toEqual([])
  })

  it('is the fault of its caller once others have taken the place of both workers', async () => {
    const [first, second] = await replicas(2)
    if (!first || !second) throw new Error('two were asked for')
    for (const { worker, remote } of [first, second]) {
      await expect(embed(remote, 'CRASH')).rejects.toMatchObject({ fault: 'connection' })
      await worker.ended
      await fakeWorker({}, worker.port)
    }
    await first.remote.start()
    await expect(embed(first.remote, 'CRASH')).rejects.toMatchObject({ fault: 'withheld' })
    await second.remote.start()
    await expect(embed(first.remote, 'CRASH')).rejects.toMatchObject({ code: 'EG_INPUT_REJECTED' })
    expect(wrongRows(['fine'], await embed(first.remote, 'fine'))).toEqual([])
  })

  it('was innocent when it is answered alone', async () => {
    const [first, second] = await replicas(2)
    if (!first || !second) throw new Error('two were asked for')
    const lost = embed(first.remote, 'SLOW(300)', 'beside it').catch((error: unknown) => error)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await kill(first.worker)
    expect(await lost).toMatchObject({ fault: 'connection' })
    for (let time = 0; time < 3; time += 1) {
      expect(wrongRows(['SLOW(300)', 'beside it'], await embed(second.remote, 'SLOW(300)', 'beside it'))).toEqual([])
    }
  })
})
