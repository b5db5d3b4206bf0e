import { describe, expect, it } from 'vitest'
import { workersOf } from '../../../../backends/onnx/entry.ts'

const url = 'http://gpu-1:9000'
const refusal = (param: string) => expect.objectContaining({ code: 'EG_CONFIG_INVALID', param: `backends.b.${param}` })

describe('an entry of kind onnx', () => {
  it('means local workers, one per core on the processor and one elsewhere', () => {
    expect(workersOf('b', { model: 'm' })).toMatchObject({ device: 'cpu', count: expect.any(Number) })
    expect(workersOf('b', { model: 'm', device: 'gpu' })).toEqual({ device: 'gpu', count: 1 })
    expect(workersOf('b', { model: 'm', workers: 3 })).toEqual({ device: 'cpu', count: 3 })
  })

  it('means a worker elsewhere when it has a URL', () => {
    const worker = workersOf('b', { model: 'm', url, token: 't' })
    expect(worker).toEqual({ url: { text: url, host: 'gpu-1', port: 9_000 }, token: 't' })
  })

  it('is refused with keys that do not go together', () => {
    expect(() => workersOf('b', { model: 'm', url, device: 'gpu' })).toThrow(refusal('device'))
    expect(() => workersOf('b', { model: 'm', url, workers: 2 })).toThrow(refusal('workers'))
    expect(() => workersOf('b', { model: 'm', token: 't' })).toThrow(refusal('token'))
    expect(() => workersOf('b', { model: 'm', url: 'gpu-1' })).toThrow(refusal('url'))
  })
})
