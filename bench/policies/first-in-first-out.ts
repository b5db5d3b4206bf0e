import type { Session } from '../../backends/onnx/worker/session.ts'

/** Computes the vectors of many texts, `batchSize` of them at a time, in order of arrival. */
export interface FirstInFirstOut {
  /** Resolves with one row per text, once the last of them has run. */
  embed(texts: readonly Int32Array[]): Promise<readonly Float32Array[]>
}

interface Waiting {
  readonly ids: Int32Array
  readonly done: (vector: Float32Array) => void
  readonly failed: (error: unknown) => void
}

/**
 * The batching that most servers have: whoever came first runs first, the next `batchSize` texts together whatever their
 * lengths, all padded to the longest.
 */
export const firstInFirstOut = (session: Session, batchSize: number): FirstInFirstOut => {
  const queue: Waiting[] = []
  let isRunning = false

  const runAll = async (): Promise<void> => {
    isRunning = true
    while (queue.length > 0) {
      // Requests that arrived during the last batch are read before the next one is chosen.
      await new Promise(setImmediate)
      const batch = queue.splice(0, batchSize)
      try {
        const vectors = await session.run(batch.map(({ ids }) => ids))
        batch.forEach(({ done }, row) => done(vectors.slice(row * session.dims, (row + 1) * session.dims)))
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    isRunning = false
  }

  return {
    embed: (texts) => {
      const rows = texts.map(
        (ids) => new Promise<Float32Array>((done, failed) => void queue.push({ ids, done, failed })),
      )
      if (!isRunning) void runAll()
      return Promise.all(rows)
    },
  }
}
