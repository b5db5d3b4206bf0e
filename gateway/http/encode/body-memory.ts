/** Memory for large answers. */
export interface BodyMemory {
  /** Memory of at least `bytes`, of any content, for one answer alone until it is given back. */
  take(bytes: number): Buffer
  /** Gives back what `take` gave, once nothing reads it any more. */
  give(memory: Buffer): void
}

/** Kept for answers to come: enough for 128 of 32 base64 vectors of 384 numbers. */
const maxKeptBytes = 16_777_216
/** Larger answers are rare, and each would take the place of many. */
const maxReusedBytes = 1_048_576

/**
 * Memory that is used again and again, in powers of two. New memory for each answer costs 20 us in page faults at 32
 * vectors of 384 numbers, and once 64 MiB of it have come together, V8 collects the whole heap: every 400 requests.
 */
export const reusedMemory = (): BodyMemory => {
  const kept = new Map<number, Buffer[]>()
  let keptBytes = 0
  return {
    take: (bytes) => {
      if (bytes > maxReusedBytes) return Buffer.allocUnsafe(bytes)
      const size = 2 ** Math.ceil(Math.log2(bytes))
      const memory = kept.get(size)?.pop()
      if (memory === undefined) return Buffer.allocUnsafeSlow(size)
      keptBytes -= size
      return memory
    },
    give: (memory) => {
      const size = memory.length
      if (size > maxReusedBytes || keptBytes + size > maxKeptBytes) return
      const free = kept.get(size)
      if (free === undefined) kept.set(size, [memory])
      else free.push(memory)
      keptBytes += size
    },
  }
}

/** New memory for each answer, for gateways with plugins that may keep what they see. */
export const newMemory: BodyMemory = { take: (bytes) => Buffer.allocUnsafe(bytes), give: () => {} }
