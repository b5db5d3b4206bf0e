import { describe, expect, it } from 'vitest'
import { validate } from '../../../../gateway/chain/validate.ts'
import { rowSource, type Embeddings } from '../../../../gateway/core/embeddings.ts'
import type { EmbedFn } from '../../../../gateway/core/layer.ts'
import { answerOf, cached, dims, model } from './fixtures.ts'

/** A backend whose first `bad` answers are spoilt, behind the validation of every try. */
const validated = (spoil: (answer: Embeddings) => Embeddings, bad: number): EmbedFn => {
  let answers = 0
  return validate(async ({ texts }) => (answers++ < bad ? spoil(answerOf(texts)) : answerOf(texts)), { model })
}

const always = Number.MAX_SAFE_INTEGER

// Peers answer 200 with such rows, and then from their cache for ever.
describe('cache layer in front of a backend that answers bad rows', () => {
  it.each<[string, (answer: Embeddings) => Embeddings]>([
    ['not a number', (answer) => ({ ...answer, vectors: answer.vectors.fill(Number.NaN, 0, 1) })],
    ['zero', (answer) => ({ ...answer, vectors: answer.vectors.fill(0, 0, dims) })],
    ['infinite', (answer) => ({ ...answer, vectors: answer.vectors.fill(Infinity, 3, 4) })],
    ['short', (answer) => ({ ...answer, vectors: answer.vectors.slice(0, -dims) })],
  ])('stores nothing when a row is %s, and the right row once it is well again', async (_, spoil) => {
    const broken = cached({ compute: validated(spoil, always) })
    await expect(broken.ask(['a', 'b'])).rejects.toMatchObject({ fault: 'invalid_rows' })
    expect(broken.store.level().entries).toBe(0)

    const { ask } = cached({ compute: validated(spoil, 1) })
    await ask(['a', 'b']).catch(() => {})
    await ask(['a', 'b'])
    const stored = await ask(['a', 'b'])
    expect([...stored.source]).toEqual([rowSource.fresh, rowSource.fresh])
    expect(stored.vectors).toEqual(answerOf(['a', 'b']).vectors)
  })
})
