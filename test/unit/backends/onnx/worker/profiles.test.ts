import { describe, expect, it } from 'vitest'
import { atSpeed, profiles } from '../../../../../backends/onnx/worker/profiles.ts'

describe('the profile of a device at its speed', () => {
  it('is the whole one on a core or a graphics processor as fast as they should be', () => {
    expect(atSpeed(profiles.cpu, 0.25)).toEqual(profiles.cpu)
    expect(atSpeed(profiles.webgpu, 0.01)).toEqual(profiles.webgpu)
  })

  it('keeps a batch to half a second on a slow device', () => {
    expect(atSpeed(profiles.webgpu, 10).budgetTokens).toBe(50)
  })

  it('always lets one token run', () => {
    expect(atSpeed(profiles.webgpu, 100_000).budgetTokens).toBe(1)
  })
})
