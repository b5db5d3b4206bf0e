import { describe, expect, it } from 'vitest'
import { heldBytes } from '../../../../../../backends/onnx/worker/server/held-bytes.ts'

describe('heldBytes', () => {
  it('bounds what is held together, and takes more when something is given back', () => {
    const held = heldBytes(10)
    const give = held.take(6)
    expect(held.take(5)).toBeUndefined()
    expect(held.take(4)).toBeDefined()
    give?.()
    expect(held.take(6)).toBeDefined()
  })

  it('takes one request that is larger than the bound, when it is alone', () => {
    const held = heldBytes(10)
    expect(held.take(11)).toBeDefined()
    expect(held.take(1)).toBeUndefined()
  })
})
