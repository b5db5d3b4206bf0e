import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { WorkerNotice } from '../../../../../backends/onnx/protocol.ts'
import { loadModelFiles } from '../../../../../backends/onnx/model/model-files.ts'
import { spaceId } from '../../../../../gateway/core/space.ts'
import { startWorker } from '../../../../../backends/onnx/worker/start-worker.ts'
import { upgrade } from './frame-client.ts'
import { modulesOf, temporaryFolder, tinyModel, writeFiles } from '../tiny-model.ts'

const none = (): void => {}

describe('starting a worker', () => {
  it('serves a model on a socket until it is closed', async () => {
    const model = tinyModel({ 'modules.json': modulesOf('Transformer', 'Pooling') })
    const socketPath = join(temporaryFolder(), 'w.sock')
    const notices: WorkerNotice[] = []
    const worker = await startWorker(
      { model, device: 'cpu', listen: `unix:${socketPath}` },
      (each) => notices.push(each),
      none,
    )
    expect(worker.ready).toMatchObject({ state: 'up', device: 'cpu', provider: 'cpu' })
    expect(worker.ready.space).toBe(spaceId(loadModelFiles(model).space))
    expect(worker.ready.msPerToken).toBeGreaterThan(0)

    const got = await upgrade(socketPath)
    const piece = { texts: ['a b'], truncate: true, tenant: '', priority: 'bulk', deadlineMs: 10_000 }
    const rows = 'client' in got && (await got.client.ask(5, piece))
    expect(rows).toMatchObject({ tokens: Uint32Array.of(4), vectors: Float32Array.of(3.5, 13.5, 1, -3.5) })
    expect(notices).toEqual([
      { running: [[5, 0]], paddedTokens: 4, priority: 'bulk', predictedMs: 4 * worker.ready.msPerToken },
    ])

    await worker.close()
    await expect(upgrade(socketPath)).rejects.toThrow()
  })

  it('refuses to listen off loopback without a token, before it loads anything', async () => {
    const start = startWorker({ model: 'nothing', device: 'cpu', listen: '0.0.0.0:0' }, none, none)
    await expect(start).rejects.toThrow('0.0.0.0:0 can be reached from other machines: set EMBEDGATE_WORKER_TOKEN')
  })

  it('refuses a token that no header can carry', async () => {
    const start = startWorker({ model: 'nothing', device: 'cpu', listen: '0.0.0.0:0', token: 'secret\n' }, none, none)
    await expect(start).rejects.toThrow('EMBEDGATE_WORKER_TOKEN holds characters that no header can carry')
  })

  it('refuses a device, an address or a model that is not one', async () => {
    const start = (options: object) =>
      startWorker({ model: 'x', device: 'cpu', listen: 'unix:/tmp/x', ...options }, none, none)
    await expect(start({ device: 'tpu' })).rejects.toThrow('there is no device "tpu": known are cpu, gpu, cuda, webgpu')
    await expect(start({ listen: 'here' })).rejects.toThrow('"here" is not an address')
    await expect(start({})).rejects.toMatchObject({ code: 'EG_CONFIG_INVALID' })
  })

  it('says that a device is absent', async () => {
    const start = startWorker({ model: tinyModel(), device: 'cuda', listen: 'unix:/tmp/x' }, none, none)
    await expect(start).rejects.toMatchObject({
      name: 'DeviceAbsent',
      message: expect.stringContaining('no cuda device'),
    })
  })

  it('refuses a damaged tokenizer', async () => {
    const model = writeFiles(tinyModel(), { 'tokenizer.json': '{}' })
    const start = startWorker({ model, device: 'cpu', listen: 'unix:/tmp/x' }, none, none)
    await expect(start).rejects.toMatchObject({ code: 'EG_MODEL_CORRUPT' })
  })
})
