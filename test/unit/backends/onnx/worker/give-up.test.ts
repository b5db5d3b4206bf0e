import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type * as deviceModule from '../../../../../backends/onnx/worker/device.ts'
import type { EngineParts } from '../../../../../backends/onnx/worker/engine.ts'
import { startWorker } from '../../../../../backends/onnx/worker/start-worker.ts'
import { temporaryFolder, tinyModel } from '../tiny-model.ts'

/** The parts of the engine that was made last. */
const made = vi.hoisted(() => ({ parts: undefined as EngineParts | undefined }))

// A device that was chosen by its speed: the processor would take 1 ms a token.
vi.mock(import('../../../../../backends/onnx/worker/device.ts'), async (original) => {
  const device: typeof deviceModule = await original()
  return {
    ...device,
    openDevice: async (name, open) => {
      const session = await open('cpu')
      return name === 'gpu' ? { session, rivals: [{ tokens: 16, msPerToken: 1 }] } : { session }
    },
  }
})
vi.mock(import('../../../../../backends/onnx/worker/engine.ts'), () => ({
  createEngine: (parts) => {
    made.parts = parts
    return { submit: () => expect.fail(), drain: async () => {}, level: () => ({ texts: 0, tokens: 0 }) }
  },
}))
afterEach(() => void vi.restoreAllMocks())

/** A worker whose device then takes 3 ms a token for as long as it is watched. Returns what the worker was told of it. */
const slowWorker = async (device: string, giveUpWhenSlow = true): Promise<readonly string[]> => {
  const told: string[] = []
  const listen = `unix:${join(temporaryFolder(), 'w.sock')}`
  const worker = await startWorker(
    { model: tinyModel(), device, listen, giveUpWhenSlow },
    () => {},
    (error) => told.push(String(error)),
  )
  let nowMs = 0
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  for (let batch = 0; batch < 60; batch++) {
    nowMs += 300
    made.parts?.stats.add({ rows: 1, tokens: 100, paddedTokens: 100, waitMs: [0], inferenceMs: 300 })
  }
  expect(made.parts?.stats.msPerToken()).toBeCloseTo(3, 1)
  vi.restoreAllMocks()
  await worker.close()
  return told
}

describe('a worker on a device that has become slow', () => {
  it('gives it up where it was chosen by its speed', async () => {
    const [first] = await slowWorker('gpu')
    expect(first).toBe('DeviceAbsent: too slow: 3.00 ms per token over the last 20 batches, the processor needs 1.00')
  })

  it('keeps it where it was asked for by name', async () => {
    expect(await slowWorker('cpu')).toEqual([])
  })

  it('keeps it where nobody else would compute', async () => {
    expect(await slowWorker('gpu', false)).toEqual([])
  })
})
