import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { WorkerNotice } from '../../../../../backends/onnx/protocol.ts'
import { DeviceAbsent } from '../../../../../backends/onnx/worker/device.ts'
import { runWorker } from '../../../../../backends/onnx/worker/run.ts'
import type { RunningWorker } from '../../../../../backends/onnx/worker/start-worker.ts'
import { modelCorrupt } from '../../../../../backends/onnx/model/corrupt.ts'

const spied = vi.hoisted(() => ({
  told: [] as string[],
  start: undefined as ((onLost: (error: Error) => void) => Promise<unknown>) | undefined,
  stop: undefined as (() => void) | undefined,
}))

vi.mock(import('../../../../../backends/onnx/worker/notice.ts'), () => ({
  notifySupervisor: (notice: WorkerNotice) => {
    if ('ready' in notice) spied.told.push('ready')
    if ('failed' in notice) spied.told.push(`${notice.failed.reason}: ${notice.failed.message}`)
  },
}))
vi.mock(import('../../../../../backends/onnx/worker/shutdown.ts'), () => ({
  stopRequested: () => new Promise((resolve) => (spied.stop = resolve)),
}))
vi.mock(import('../../../../../backends/onnx/worker/start-worker.ts'), () => ({
  startWorker: async (_options, _notify, onLost) => (await spied.start?.(onLost)) as RunningWorker,
}))

const options = { model: 'm', device: 'gpu', listen: 'unix:/w.sock' }

beforeEach(() => {
  spied.told.length = 0
})

/** A worker that starts; returns what loses its device. */
const starts = (): { lose(error: Error): void } => {
  let lose: ((error: Error) => void) | undefined
  spied.start = async (onLost) => {
    lose = onLost
    return { ready: {}, close: async () => void spied.told.push('closed') }
  }
  return { lose: (error) => lose?.(error) }
}

describe('runWorker', () => {
  it('finishes what is queued when it is told to stop', async () => {
    starts()
    const run = runWorker(options)
    await vi.waitFor(() => expect(spied.told).toEqual(['ready']))
    spied.stop?.()
    await run
    expect(spied.told).toEqual(['ready', 'closed'])
  })

  it('says once that its device is no longer worth using, and then finishes what is queued', async () => {
    const device = starts()
    const run = runWorker(options)
    await vi.waitFor(() => expect(spied.told).toEqual(['ready']))
    device.lose(new DeviceAbsent('too slow: 3 ms'))
    device.lose(new DeviceAbsent('too slow: 4 ms'))
    await expect(run).rejects.toThrow('too slow: 3 ms')
    expect(spied.told).toEqual(['ready', 'absent: too slow: 3 ms', 'closed'])
  })

  it.each([
    ['absent', new DeviceAbsent('no gpu device'), 'absent: no gpu device'],
    ['damaged', modelCorrupt('/m', 'is damaged', 'fetch it'), 'model: /m: is damaged; fetch it'],
    ['broken', new Error('no memory'), 'error: no memory'],
  ])('says why it cannot start: %s', async (_what, error, told) => {
    spied.start = () => Promise.reject(error)
    await expect(runWorker(options)).rejects.toBe(error)
    expect(spied.told).toEqual([told])
  })
})
