import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { OnnxEntry } from '../../../../backends/onnx/entry.ts'
import { onnxKind } from '../../../../backends/onnx/index.ts'
import { noLog } from '../../../../gateway/core/log.ts'
import { noMeter } from '../../../../gateway/core/meter.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'

const create = (entry: object) => {
  const clock = fakeClock()
  const options = Value.Default(OnnxEntry, { model: 'all-MiniLM-L6-v2', ...entry }) as never
  const kind = onnxKind({ inferenceMs: 5_000, modelLoadMs: 60_000, program: () => '/nowhere.js' })
  const context = { name: 'cpu', replica: 0, options, log: noLog, clock, meter: noMeter, dataDir: '/nowhere' }
  return { clock, backend: kind.create(context) }
}

describe('the kind onnx', () => {
  it('reads what a backend is from the model files, and starts nothing', async () => {
    const { clock, backend } = create({})
    expect(backend).toMatchObject({
      name: 'cpu',
      kind: 'onnx',
      computing: true,
      queueing: true,
      optional: false,
      limits: { texts: 2_048 },
      space: { model: 'all-MiniLM-L6-v2', dims: 384, pooling: 'mean', normalized: true, maxTokens: 256 },
    })
    expect(clock.pending).toBe(0)
    expect(await backend.health(new AbortController().signal)).toMatchObject({ state: 'down', facts: { workers: [] } })
    await backend.close()
  })

  it('refuses a model that is not there', () => {
    expect(() => create({ model: 'no-such-model' })).toThrow(expect.objectContaining({ code: 'EG_CONFIG_INVALID' }))
  })

  it('says that the device is optional when its entry does', () => {
    expect(create({ device: 'gpu', optional: true }).backend.optional).toBe(true)
  })

  it('[O4] is remote when its worker is elsewhere, though it knows its space: losing it is the same for all gateways', () => {
    const { backend } = create({ url: 'http://gpu-1:9000' })
    expect(backend).toMatchObject({ remote: true, space: { dims: 384 } })
    expect(backend).not.toHaveProperty('claimsSpace')
    expect(create({}).backend).not.toHaveProperty('remote')
  })

  it('rejects the start when no worker program can be run', async () => {
    const { backend } = create({ workers: 1 })
    await expect(backend.start()).rejects.toMatchObject({ fault: 'unavailable' })
  })

  it('accepts what the interface lists and nothing else', () => {
    expect(Value.Check(OnnxEntry, { device: 'webgpu', model: 'm', workers: 'auto' })).toBe(true)
    expect(Value.Check(OnnxEntry, { device: 'cpu', model: 'm', workers: 64 })).toBe(true)
    expect(Value.Check(OnnxEntry, { device: 'tpu', model: 'm', workers: 1 })).toBe(false)
    expect(Value.Check(OnnxEntry, { device: 'cpu', model: 'm', workers: 65 })).toBe(false)
  })
})
