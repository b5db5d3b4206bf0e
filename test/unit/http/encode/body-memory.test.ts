import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reusedMemory } from '../../../../gateway/http/encode/body-memory.ts'

const mebibyte = 1_048_576

describe('reusedMemory', () => {
  it('gives again what was given back, and nothing that was not', () => {
    const memory = reusedMemory()
    const [first, second] = [memory.take(50_000), memory.take(50_000)]
    expect(second.buffer).not.toBe(first.buffer)
    memory.give(first)
    expect(memory.take(60_000)).toBe(first)
    expect(memory.take(60_000).buffer).not.toBe(first.buffer)
  })

  it('is large enough, and never in two hands', () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 2 * mebibyte }), gives: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const memory = reusedMemory()
        const taken = new Set<Buffer>()
        for (const { bytes, gives } of steps) {
          const next = memory.take(bytes)
          expect(next.length).toBeGreaterThanOrEqual(bytes)
          expect(taken.has(next)).toBe(false)
          taken.add(next)
          for (const back of [...taken].slice(0, gives)) {
            taken.delete(back)
            memory.give(back)
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('keeps no more than 16 MiB, and nothing of answers above 1 MiB', () => {
    const memory = reusedMemory()
    const large = memory.take(2 * mebibyte)
    memory.give(large)
    expect(memory.take(2 * mebibyte)).not.toBe(large)
    const all = Array.from({ length: 17 }, () => memory.take(mebibyte))
    for (const each of all) memory.give(each)
    const again = all.map(() => memory.take(mebibyte))
    expect(again.filter((each) => all.includes(each))).toHaveLength(16)
  })
})
