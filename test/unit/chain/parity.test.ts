import { describe, expect, it } from 'vitest'
import { probe } from '../../../gateway/chain/parity.ts'
import type { Embeddings } from '../../../gateway/core/embeddings.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, callFor, outcome, referencesOf, space } from './fakes.ts'

const references = referencesOf(20)
const run = (answer: (texts: readonly string[]) => Embeddings, range = { start: 0, end: 20 }) =>
  outcome(probe(async ({ texts }) => answer(texts), references, spaceId(space), range, callFor(fakeClock())))

describe('probe', () => {
  it('gives 1 for the reference vectors themselves, whatever their length', async () => {
    expect(await run(answerFor)).toBeCloseTo(1, 6)
    const doubled = (texts: readonly string[]): Embeddings => {
      const answer = answerFor(texts)
      return { ...answer, vectors: answer.vectors.map((value) => value * 2) }
    }
    expect(await run(doubled)).toBeCloseTo(1, 6)
  })

  it('gives the cosine of the worst row', async () => {
    const worst = (texts: readonly string[]): Embeddings => {
      const answer = answerFor(texts)
      const row = texts.indexOf('golden 17')
      if (row >= 0) answer.vectors.subarray(row * 4, row * 4 + 4).forEach((value, index, all) => (all[index] = -value))
      return answer
    }
    expect(await run(worst)).toBeCloseTo(-1, 6)
    expect(await run(worst, { start: 0, end: 17 })).toBeCloseTo(1, 6)
  })

  it('asks for the range it is told, at most 8 texts at a time', async () => {
    const asked: string[][] = []
    await run(
      (texts) => {
        asked.push([...texts])
        return answerFor(texts)
      },
      { start: 3, end: 20 },
    )
    expect(asked.map(({ length }) => length)).toEqual([8, 8, 1])
    expect(asked.flat()).toEqual(references.texts.slice(3))
  })

  it.each<[string, (texts: readonly string[]) => Embeddings]>([
    ['a wrong count', (texts) => answerFor(texts.slice(1))],
    ['a wrong width', (texts) => ({ ...answerFor(texts), dims: 8 })],
    ['NaN', (texts) => ({ ...answerFor(texts), vectors: new Float32Array(texts.length * 4).fill(Number.NaN) })],
    ['a zero row', (texts) => ({ ...answerFor(texts), vectors: new Float32Array(texts.length * 4) })],
    [
      'an infinite row',
      (texts) => ({ ...answerFor(texts), vectors: new Float32Array(texts.length * 4).fill(Infinity) }),
    ],
  ])('is failed by %s', async (_what, answer) => {
    expect(await run(answer)).toMatchObject({ fault: 'invalid_rows' })
  })
})
