import type { Session } from '../session.ts'

/** A batch of made-up texts: rows of equal length. */
export interface Shape {
  readonly rows: number
  readonly length: number
}

/** A short text, and a full batch of a core: the runtime's memory and kernels are then as later runs want them. */
const shapes: readonly Shape[] = [
  { rows: 1, length: 16 },
  { rows: 8, length: 32 },
  { rows: 1, length: 128 },
]

/** Ids that every vocabulary has; which ones does not matter for time. */
const anyIds = { from: 1, count: 16 } as const

/** A device so slow that it spends this long on a shape gets no further ones: it would be no faster for them. */
const longestRunMs = 1_000

/** Runs a batch and returns how long it took per token, in milliseconds. */
export const timeShape = async (session: Session, { rows, length }: Shape, now: () => number): Promise<number> => {
  const ids = Int32Array.from({ length }, (_, at) => anyIds.from + (at % anyIds.count))
  const startedMs = now()
  await session.run(Array.from({ length: rows }, () => ids))
  return (now() - startedMs) / (rows * length)
}

/**
 * Runs a few shapes, so that the first caller does not pay for what the runtime does once.
 *
 * @param maxTokens longer shapes are cut to what the model reads
 * @returns milliseconds per token of the last shape
 * @throws Error when the device cannot run the model
 */
export const warmUp = async (session: Session, maxTokens: number, now: () => number): Promise<number> => {
  let msPerToken = 0
  for (const { rows, length } of shapes) {
    const shape = { rows, length: Math.min(length, maxTokens) }
    msPerToken = await timeShape(session, shape, now)
    if (msPerToken * rows * shape.length > longestRunMs) break
  }
  return msPerToken
}
