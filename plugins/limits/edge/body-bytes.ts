import type { Readable } from 'node:stream'
import { getHeapStatistics } from 'node:v8'

/** Bounds the bytes of request bodies that are in the process at once. */
export interface BodyBytes {
  /**
   * Counts what is read of a body, as it is read: what a header says reserves nothing. When all bodies together are too
   * much, this one ends with `reason`, unless it is the only one.
   *
   * @returns forgets the body; to be called when its request is over
   */
  watch(body: Readable, reason: () => Error): () => void
  heldBytes(): number
}

/** @param limitBytes of all bodies together */
export const bodyBytes = (limitBytes: number): BodyBytes => {
  let held = 0
  return {
    watch: (body, reason) => {
      let own = 0
      const count = (chunk: Uint8Array): void => {
        own += chunk.length
        held += chunk.length
        if (held <= limitBytes || held === own) return
        stop()
        // Whoever reads it gives up; the connection stays, for the answer.
        body.emit('error', reason())
      }
      // Listening starts the flow: not before the reader does.
      const begin = (event: string): void => {
        if (event !== 'data') return
        body.off('newListener', begin)
        body.on('data', count)
      }
      const stop = (): void => {
        body.off('newListener', begin)
        body.off('data', count)
      }
      body.on('newListener', begin)
      return () => {
        stop()
        held -= own
        own = 0
      }
    },
    heldBytes: () => held,
  }
}

/** Of the memory, and of the heap, where texts lie a second time once they are parsed. */
const shares = { memory: 1 / 16, heap: 1 / 8 } as const

/** The bound that `auto` stands for. */
export const autoBodyBytes = (memoryBytes: number, heapBytes = getHeapStatistics().heap_size_limit): number =>
  Math.floor(Math.min(memoryBytes * shares.memory, heapBytes * shares.heap))
