import { describe, expect, it } from 'vitest'
import { modelCorrupt } from '../../../../../backends/onnx/model/corrupt.ts'
import { DeviceAbsent, type OpenSession, openDevice } from '../../../../../backends/onnx/worker/device.ts'
import type { Provider } from '../../../../../backends/onnx/worker/profiles.ts'

/**
 * A machine whose providers take so many milliseconds a token; the others are missing.
 *
 * @param overheadMs what a run of a provider takes besides, given how many runs it had
 */
const machine = (
  msPerToken: Partial<Record<Provider, number>>,
  overheadMs: (provider: Provider, runs: number) => number = () => 0,
) => {
  let nowMs = 0
  const open: Provider[] = []
  const openSession: OpenSession = async (provider) => {
    const ms = msPerToken[provider]
    if (ms === undefined) throw new Error(`no ${provider} here\nand a page of details`)
    open.push(provider)
    let runs = 0
    return {
      provider,
      dims: 1,
      run: async (rows) => {
        nowMs += overheadMs(provider, runs++) + rows.reduce((sum, ids) => sum + ids.length * ms, 0)
        return new Float32Array(rows.length)
      },
      close: async () => void open.splice(open.indexOf(provider), 1),
    }
  }
  return { open, openSession, now: () => nowMs }
}

describe('a device', () => {
  it('gpu is cuda where there is one that is fast', async () => {
    const { open, openSession, now } = machine({ cpu: 1, cuda: 0.000_1, webgpu: 0.000_1 })
    expect((await openDevice('gpu', openSession, now)).session.provider).toBe('cuda')
    expect(open).toEqual(['cuda'])
  })

  it('gpu is webgpu where cuda is missing or slow', async () => {
    const missing = machine({ cpu: 1, webgpu: 0.000_1 })
    expect((await openDevice('gpu', missing.openSession, missing.now)).session.provider).toBe('webgpu')
    const slow = machine({ cpu: 1, cuda: 2, webgpu: 0.000_1 })
    expect((await openDevice('gpu', slow.openSession, slow.now)).session.provider).toBe('webgpu')
    expect(slow.open).toEqual(['webgpu'])
  })

  it('gpu is absent where nothing is there, with what the runtime said', async () => {
    const { openSession, now } = machine({ cpu: 1 })
    const message = 'no gpu device: cuda: no cuda here; webgpu: no webgpu here'
    await expect(openDevice('gpu', openSession, now)).rejects.toEqual(new DeviceAbsent(message))
  })

  it('gpu is absent where the adapter is software, and nothing stays loaded', async () => {
    const { open, openSession, now } = machine({ cpu: 0.25, webgpu: 30 })
    await expect(openDevice('gpu', openSession, now)).rejects.toThrow(
      'webgpu: 33 tokens/s at 1 x 16, slower than one core (4000)',
    )
    expect(open).toEqual([])
  })

  it('gpu is absent where one core answers a single text sooner', async () => {
    const fixedCost = machine({ cpu: 0.25, webgpu: 0.000_1 }, (provider) => (provider === 'cpu' ? 1.5 : 30))
    await expect(openDevice('gpu', fixedCost.openSession, fixedCost.now)).rejects.toThrow(
      'webgpu: 533 tokens/s at 1 x 16, slower than one core (2909)',
    )
  })

  it('gpu is absent where one core is faster for a small batch', async () => {
    const { openSession, now } = machine({ cpu: 0.25, webgpu: 0.5 }, (provider) => (provider === 'cpu' ? 8 : 0))
    await expect(openDevice('gpu', openSession, now)).rejects.toThrow(
      'webgpu: 2000 tokens/s at 4 x 32, slower than one core (3200)',
    )
  })

  it('gpu is compared with the best run of the core, whatever disturbed the others', async () => {
    // Of six runs for a shape, the first is not timed.
    const isDisturbed = (runs: number): boolean => runs % 6 !== 5
    const { openSession, now } = machine({ cpu: 0.25, webgpu: 0.5 }, (provider, runs) =>
      provider === 'cpu' && isDisturbed(runs) ? 50 : 0,
    )
    await expect(openDevice('gpu', openSession, now)).rejects.toThrow(
      'webgpu: 2000 tokens/s at 1 x 16, slower than one core (4000)',
    )
  })

  it('gpu is absent where all cores together are faster', async () => {
    const { openSession, now } = machine({ cpu: 0.25, webgpu: 0.125 })
    await expect(openDevice('gpu', openSession, now, 4)).rejects.toThrow(
      'webgpu: 8000 tokens/s at 64 x 64, slower than all cores (16000)',
    )
    expect((await openDevice('gpu', openSession, now, 2)).session.provider).toBe('webgpu')
  })

  it('gpu comes with what the processor takes for batches of each size, so that it can be watched', async () => {
    const { openSession, now } = machine({ cpu: 0.25, webgpu: 0.001 }, (provider) => (provider === 'cpu' ? 1.6 : 0))
    const { rivals } = await openDevice('gpu', openSession, now, 4)
    expect(rivals?.map(({ tokens }) => tokens)).toEqual([16, 128, 4_096])
    // 16 tokens in 5.6 ms; 128 in 33.6 ms; the same a token on four cores.
    const speeds = [0.35, 0.262_5, 0.065_625]
    rivals?.forEach(({ msPerToken }, stage) => expect(msPerToken).toBeCloseTo(speeds[stage] ?? 0, 9))
  })

  it('named itself is not watched', async () => {
    const { openSession, now } = machine({ cpu: 1, webgpu: 1_000 })
    for (const device of ['webgpu', 'cpu'] as const)
      expect(await openDevice(device, openSession, now)).not.toHaveProperty('rivals')
  })

  it('named itself is used as told, however slow', async () => {
    const { openSession, now } = machine({ cpu: 1, webgpu: 1_000 })
    expect((await openDevice('webgpu', openSession, now)).session.provider).toBe('webgpu')
    expect((await openDevice('cpu', openSession, now)).session.provider).toBe('cpu')
    await expect(openDevice('cuda', openSession, now)).rejects.toThrow('no cuda device: cuda: no cuda here')
  })

  it('does not hide a model that is damaged', async () => {
    const damaged = modelCorrupt('/m/model.onnx', 'is damaged', 'pull it again')
    const open: OpenSession = () => Promise.reject(damaged)
    await expect(openDevice('gpu', open, () => 0)).rejects.toBe(damaged)
    await expect(openDevice('cpu', open, () => 0)).rejects.toBe(damaged)
  })
})
