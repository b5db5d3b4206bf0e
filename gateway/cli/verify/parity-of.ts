import { setTimeout as pause } from 'node:timers/promises'
import type { Backend } from '../../core/backend.ts'
import { openCall } from '../../core/call.ts'
import { systemClock } from '../../core/clock.ts'
import { deadlineIn } from '../../core/deadline.ts'
import { vectorOf } from '../../core/embeddings.ts'
import { BackendError } from '../../core/errors.ts'
import type { References } from '../../core/model.ts'
import { spaceId, type Space } from '../../core/space.ts'
import { cosine } from '../similarity.ts'

/** How near a backend's vectors are to the reference vectors. */
export interface Parity {
  readonly min: number
  readonly mean: number
}

/** Texts of one call. */
const textsAtOnce = 8
const callMs = 60_000

/**
 * Embeds texts on a backend that has started, a few at a time; n x dims, row-major.
 *
 * @param limitMs time limit of each call
 */
export const vectorsOf = async (
  backend: Backend,
  space: Space,
  texts: readonly string[],
  limitMs = callMs,
): Promise<Float32Array> => {
  const vectors = new Float32Array(texts.length * space.dims)
  for (let from = 0; from < texts.length; from += textsAtOnce) {
    const group = texts.slice(from, from + textsAtOnce)
    const facts = { requestId: 'verify', tenant: 'default', cache: 'no-store' } as const
    const call = openCall(systemClock, facts, 'bulk', deadlineIn(systemClock, limitMs))
    try {
      const answer = await backend.embed({ texts: group, truncate: true, space: spaceId(space), minParity: -1 }, call)
      if (answer.vectors.length !== group.length * space.dims) throw wrongShape(backend)
      vectors.set(answer.vectors, from * space.dims)
    } finally {
      call.release()
    }
  }
  return vectors
}

/** Compares rows with the reference vectors. */
export const parityOf = (vectors: Float32Array, references: References): Parity => {
  const { dims } = references
  const cosines = references.texts.map((_, row) => cosine(vectorOf({ vectors, dims }, row), vectorOf(references, row)))
  return { min: Math.min(...cosines), mean: cosines.reduce((sum, value) => sum + value, 0) / cosines.length }
}

/**
 * Starts a backend, bounded in time.
 *
 * @throws BackendError `absent` when its device is not here, `timeout`
 */
export const startBackend = async (backend: Backend, limitMs: number): Promise<void> => {
  const controller = new AbortController()
  const late = pause(limitMs, undefined, { signal: controller.signal }).then(() => {
    throw new BackendError('timeout', `it did not start within ${limitMs} ms`)
  })
  late.catch(() => {})
  try {
    await Promise.race([backend.start(), late])
  } finally {
    controller.abort()
  }
}

const wrongShape = (backend: Backend): BackendError =>
  new BackendError('invalid_rows', `${backend.name} gave another number of rows or dimensions than asked for`)
