import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { chunkBytes, chunksFor, createArena } from '../../../store/arena.ts'

const filled = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17) % 251)

const readBack = (arena: ReturnType<typeof createArena>, start: number, length: number): Uint8Array => {
  const target = new Uint8Array(length)
  arena.read(start, target)
  return target
}

describe('arena', () => {
  it('returns what was written', () => {
    const arena = createArena(16)
    const bytes = filled(3 * chunkBytes + 7, 1)
    expect(readBack(arena, arena.write(bytes), bytes.length)).toEqual(bytes)
  })

  it('uses freed chunks again, so that it never needs more than its capacity', () => {
    const arena = createArena(4)
    for (let round = 0; round < 100; round++) {
      const bytes = filled(4 * chunkBytes, round)
      const start = arena.write(bytes)
      expect(readBack(arena, start, bytes.length)).toEqual(bytes)
      arena.free(start)
    }
  })

  it('refuses a block when too few chunks are free', () => {
    const arena = createArena(2)
    arena.write(filled(2 * chunkBytes, 1))
    expect(() => arena.write(filled(1, 2))).toThrow(RangeError)
  })

  it('copies a block that crosses the border of two slabs', () => {
    const arena = createArena(4200)
    const fill = arena.write(filled(4094 * chunkBytes, 1))
    const bytes = filled(5 * chunkBytes - 3, 2)
    expect(readBack(arena, arena.write(bytes), bytes.length)).toEqual(bytes)
    arena.free(fill)
  })

  it('keeps every block intact whatever is written and freed around it', () => {
    const operation = fc.record({ length: fc.integer({ min: 1, max: 8 * chunkBytes }), frees: fc.nat() })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const capacity = 64
        const arena = createArena(capacity)
        const live: { start: number; bytes: Uint8Array }[] = []
        const chunksInUse = (): number => live.reduce((sum, block) => sum + chunksFor(block.bytes.length), 0)
        operations.forEach(({ length, frees }, seed) => {
          while (chunksInUse() + chunksFor(length) > capacity) {
            const [gone] = live.splice(frees % live.length, 1)
            if (gone) arena.free(gone.start)
          }
          const bytes = filled(length, seed)
          live.push({ start: arena.write(bytes), bytes })
          for (const block of live) {
            expect(Buffer.compare(readBack(arena, block.start, block.bytes.length), block.bytes)).toBe(0)
          }
        })
      }),
    )
  })
})
