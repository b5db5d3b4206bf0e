import { describe, expect, it } from 'vitest'
import { heldBytes } from '../../../../../../backends/onnx/worker/server/held-bytes.ts'

const busy = expect.objectContaining({ name: 'Refusal', reason: 'busy' })

describe('heldBytes', () => {
  it('bounds what is held together, texts and rows, and takes more when something is given back', () => {
    const held = heldBytes(100, 2)
    const give = held.take(44, 2)
    expect(() => held.take(41, 0)).toThrow(busy)
    expect(() => held.take(33, 1)).toThrow(busy)
    held.take(32, 1)
    give()
    held.take(60, 0)
  })

  it('takes one piece that is larger than the bound, when it is alone', () => {
    const held = heldBytes(10, 2)
    held.take(11, 1)
    expect(() => held.take(1, 0)).toThrow(busy)
  })
})
