import { vectorOf } from '../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { References } from '../../../gateway/core/model.ts'
import type { Space } from '../../../gateway/core/space.ts'
import { unending } from './piece-stream.ts'
import type { WorkerClient } from './worker-client.ts'

/** Tells a model that works from one that does not; whether it is good enough to serve is the parity probe's business. */
const minCosine = 0.99
const normTolerance = 1e-3

/**
 * Asks a worker for the vector of one golden text and judges it: against its reference, or, for a model that ships none,
 * by being finite and of the length its space says.
 *
 * @throws BackendError `invalid_rows` when the vector is wrong, or whatever the client throws
 */
export const checkGolden = async (
  client: Pick<WorkerClient, 'embed'>,
  space: Space,
  references: References | undefined,
): Promise<void> => {
  const text = references?.texts[0] ?? 'The quick brown fox jumps over the lazy dog.'
  const facts = { truncate: true, tenant: '', priority: 'interactive', deadlineMs: goldenMs } as const
  const answer = await client.embed(goldenPiece, { texts: [text], ...facts }, unending)
  if ('fault' in answer)
    throw new BackendError('unavailable', `the worker refused a golden text: ${answer.fault.message}`)
  const vector = vectorOf(answer.rows, 0)
  const norm = Math.hypot(...vector)
  const cosine = references ? dot(vector, vectorOf(references, 0)) / (norm * Math.hypot(...vectorOf(references, 0))) : 1
  const hasLength = space.normalized ? Math.abs(norm - 1) <= normTolerance : norm > 0 && Number.isFinite(norm)
  if (hasLength && cosine >= minCosine) return
  throw new BackendError('invalid_rows', `the golden vector is wrong: norm ${norm}, cosine to its reference ${cosine}`)
}

/** Numbers of a supervisor's pieces begin behind it. */
const goldenPiece = 0
/** What the worker is told; whoever started it bounds the wait by ending it. */
const goldenMs = 60_000

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)
