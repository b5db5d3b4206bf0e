import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { badRows } from '../../../gateway/chain/bad-rows.ts'
import { validate } from '../../../gateway/chain/validate.ts'
import { vectorOf, type EmbedBatch, type Embeddings } from '../../../gateway/core/embeddings.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, batchOf, callFor, fakeBackend, fakeModel, outcome, space } from './fakes.ts'

const run = (next: EmbedFn, batch: EmbedBatch, where: Partial<Parameters<typeof validate>[1]> = {}) =>
  outcome(validate(next, { model: fakeModel(), backend: fakeBackend(), ...where })(batch, callFor(fakeClock())))

/** Answers, with row 1 of the first `times` calls that have that text made bad. */
const spoiling = (spoil: (row: Float32Array) => void, text: string, times: number) => {
  const asked: (readonly string[])[] = []
  let left = times
  const next: EmbedFn = async ({ texts }) => {
    asked.push(texts)
    const answer = answerFor(texts)
    const row = texts.indexOf(text)
    if (row >= 0 && left-- > 0) spoil(vectorOf(answer, row))
    return answer
  }
  return { next, asked }
}

describe('validate', () => {
  it('passes a sound answer as it is', async () => {
    const answer = answerFor(['a', 'b'])
    expect(await run(async () => answer, batchOf(['a', 'b']))).toBe(answer)
  })

  it.each<[string, Partial<Embeddings>]>([
    ['a row too few', answerFor(['a'])],
    ['a row too many', answerFor(['a', 'b', 'c'])],
    ['the wrong width', { dims: 2 }],
    ['too few numbers', { vectors: new Float32Array(7) }],
    ['too few token counts', { tokens: new Uint32Array(1) }],
    ['too few truncation marks', { truncated: new Uint8Array(1) }],
    ['too few sources', { source: new Uint8Array(3) }],
  ])('refuses %s at once', async (_what, over) => {
    let calls = 0
    const next: EmbedFn = async () => {
      calls++
      return { ...answerFor(['a', 'b']), ...over }
    }
    expect(await run(next, batchOf(['a', 'b']))).toMatchObject({ fault: 'invalid_rows' })
    expect(calls).toBe(1)
  })

  it.each<[string, (row: Float32Array) => void]>([
    ['NaN', (row) => row.fill(Number.NaN, 2, 3)],
    ['infinity', (row) => row.fill(-Infinity, 0, 1)],
    ['zeros', (row) => row.fill(0)],
    ['a row of length 2', (row) => row.set(row.map((value) => value * 2))],
  ])('computes a row with %s alone once more', async (_what, spoil) => {
    const { next, asked } = spoiling(spoil, 'b', 1)
    const answer = (await run(next, batchOf(['a', 'b', 'c']))) as Embeddings
    expect(answer.vectors).toEqual(answerFor(['a', 'b', 'c']).vectors)
    expect(answer.tokens).toEqual(answerFor(['a', 'b', 'c']).tokens)
    expect(asked).toEqual([['a', 'b', 'c'], ['b']])
  })

  it('gives up when the row is bad again, after one more call', async () => {
    const { next, asked } = spoiling((row) => row.fill(Number.NaN), 'b', Infinity)
    expect(await run(next, batchOf(['a', 'b']))).toMatchObject({ fault: 'invalid_rows', outcome: 'failure' })
    expect(asked).toHaveLength(2)
  })

  it('gives up when the row alone comes back in the wrong shape', async () => {
    const { next } = spoiling((row) => row.fill(Number.NaN), 'b', 1)
    const nothing: EmbedFn = (batch, call) => next(batch.texts.length === 1 ? batchOf([]) : batch, call)
    expect(await run(nothing, batchOf(['a', 'b']))).toMatchObject({ fault: 'invalid_rows' })
  })

  it('leaves the length alone in a space that is not normalized, but takes no zero row', async () => {
    const plain = { ...space, normalized: false }
    const where = {
      model: fakeModel({ space: plain, spaceId: spaceId(plain) }),
      backend: fakeBackend({ space: plain }),
    }
    const scaled =
      (factor: number): EmbedFn =>
      async ({ texts }) => {
        const answer = answerFor(texts)
        return { ...answer, vectors: answer.vectors.map((value) => value * factor) }
      }
    expect(await run(scaled(7), batchOf(['a'], { space: spaceId(plain) }), where)).toMatchObject({ dims: 4 })
    expect(await run(scaled(0), batchOf(['a'], { space: spaceId(plain) }), where)).toMatchObject({
      fault: 'invalid_rows',
    })
  })

  it('never calls a backend for rows of another space', async () => {
    let called = false
    const next: EmbedFn = async ({ texts }) => {
      called = true
      return answerFor(texts)
    }
    expect(await run(next, batchOf(['a'], { space: 'another' }))).toMatchObject({ code: 'EG_SPACE_MISMATCH' })
    const other = { backend: fakeBackend({ space: { ...space, revision: '2' } }) }
    expect(await run(next, batchOf(['a']), other)).toMatchObject({ code: 'EG_SPACE_MISMATCH' })
    expect(called).toBe(false)
  })

  it('calls a backend whose prompts the model replaces', async () => {
    const prompted = { ...space, prompts: { query: 'q: ' } }
    const where = { model: fakeModel({ space: prompted, spaceId: spaceId(prompted) }), backend: fakeBackend() }
    expect(
      await run(async ({ texts }) => answerFor(texts), batchOf(['a'], { space: spaceId(prompted) }), where),
    ).toMatchObject({ dims: 4 })
  })
})

describe('badRows', () => {
  it('finds exactly the rows that are not finite and of unit length, at any width', () => {
    const kinds = ['good', 'nan', 'infinite', 'zero', 'long', 'short'] as const
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 13 }),
        fc.array(fc.constantFrom(...kinds), { maxLength: 9 }),
        (dims, rows) => {
          const vectors = new Float32Array(rows.length * dims)
          rows.forEach((kind, row) => {
            const scale = { good: 1, nan: Number.NaN, infinite: Infinity, zero: 0, long: 1.02, short: 0.98 }[kind]
            // All weight on the last number, so that no position is passed over.
            vectors[row * dims + dims - 1] = scale
          })
          const expected = rows.flatMap((kind, row) => (kind === 'good' ? [] : [row]))
          expect(badRows(vectors, dims, true)).toEqual(expected)
          const notVectors = rows.flatMap((kind, row) => (['nan', 'infinite', 'zero'].includes(kind) ? [row] : []))
          expect(badRows(vectors, dims, false)).toEqual(notVectors)
        },
      ),
    )
  })
})
