import type { Backend } from '../../core/backend.ts'
import { reasonOf } from '../../core/errors.ts'
import type { OnTooLong, References } from '../../core/model.ts'
import type { Space } from '../../core/space.ts'
import { print, type Io } from '../io.ts'
import { vectorsOf } from './parity-of.ts'
import { recordedTexts, tooLongText } from './recorded-texts.ts'

/**
 * Takes reference vectors from a backend that has started. Where texts may be cut, one of them is too long for the model: tiers
 * that cut elsewhere are found by it. It is left out where it takes longer than a request may.
 *
 * @param limitMs time limit of the text that is too long
 */
export const record = async (
  backend: Backend,
  space: Space,
  onTooLong: OnTooLong,
  limitMs: number,
  io: Io,
): Promise<References> => {
  const { dims } = space
  const vectors = await vectorsOf(backend, space, recordedTexts)
  const short = { texts: recordedTexts, vectors, dims }
  if (onTooLong === 'refuse') return short
  try {
    const text = tooLongText(space.maxTokens)
    const vector = await vectorsOf(backend, space, [text], limitMs)
    return {
      texts: [...recordedTexts, text],
      vectors: Float32Array.of(...vectors, ...vector),
      dims,
      truncated: [...recordedTexts.map(() => false), true],
    }
  } catch (error) {
    print(io, `--  ${backend.name}: no vector of a text that is too long (${reasonOf(error)}), so it is left out`)
    return short
  }
}
