import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { BackendError } from '../../../../gateway/core/errors.ts'
import { rowSource } from '../../../../gateway/core/embeddings.ts'
import { memoryStore } from '../../../../store/memory.ts'
import { answerOf, cached, dims } from './fixtures.ts'

const { computed, fresh, stale, joined } = rowSource

describe('cache layer', () => {
  it('computes what it has never seen, and answers it from the store the next time', async () => {
    const { ask, computedTexts } = cached()
    const first = await ask(['a', 'b'])
    const second = await ask(['b', 'a'])
    expect([...first.source]).toEqual([computed, computed])
    expect([...second.source]).toEqual([fresh, fresh])
    expect(second.vectors).toEqual(answerOf(['b', 'a']).vectors)
    expect(computedTexts()).toEqual([['a', 'b']])
  })

  it('leaves the trail empty when every row is a hit', async () => {
    const { ask } = cached()
    expect((await ask(['a'])).trail).toHaveLength(1)
    expect((await ask(['a'])).trail).toEqual([])
  })

  it('computes only the misses of a batch: 12 of 32 when 20 are stored', async () => {
    const { ask, computedTexts, counts } = cached()
    const texts = Array.from({ length: 32 }, (_, row) => `text ${row}`)
    const known = texts.filter((_, row) => row % 8 < 5)
    await ask(known)
    const answer = await ask(texts)
    expect(computedTexts()[1]).toEqual(texts.filter((_, row) => row % 8 >= 5))
    expect(answer.vectors).toEqual(answerOf(texts).vectors)
    expect([...answer.source]).toEqual(texts.map((text) => (known.includes(text) ? fresh : computed)))
    expect(counts).toMatchObject({ hit: 20, miss: 32, stale: 0, error: 0 })
  })

  // A peer answers [0, 1, 1] here.
  it('gives every position its own text whatever mix of stored and new it is', async () => {
    const text = fc.integer({ min: 0, max: 12 }).map((number) => `text ${number}`)
    const requests = fc.array(fc.array(text, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(requests, async (batches) => {
        const { ask } = cached()
        for (const texts of batches) {
          const answer = await ask(texts)
          expect(answer.vectors).toEqual(answerOf(texts).vectors)
          expect(answer.tokens).toEqual(answerOf(texts).tokens)
          expect([answer.truncated.length, answer.source.length]).toEqual([texts.length, texts.length])
        }
      }),
    )
  })

  it('reports the tokens and the truncation of the first computation on a hit', async () => {
    const { ask } = cached({
      compute: async ({ texts }) => ({
        ...answerOf(texts),
        tokens: Uint32Array.from(texts, () => 256),
        truncated: Uint8Array.from(texts, () => 1),
      }),
    })
    const first = await ask(['a long text'])
    const second = await ask(['a long text', 'new'])
    expect([first.tokens[0], first.truncated[0]]).toEqual([256, 1])
    expect([second.tokens[0], second.truncated[0], second.source[0]]).toEqual([256, 1, fresh])
  })

  it('does not answer from results as old as their time to live, and counts them as stale', async () => {
    const { ask, clock, counts, computedTexts } = cached({ ttlMs: 1_000 })
    await ask(['a'])
    await clock.advance(999)
    expect([...(await ask(['a'])).source]).toEqual([fresh])
    await clock.advance(1)
    expect([...(await ask(['a'])).source]).toEqual([computed])
    expect(counts).toEqual({ hit: 1, miss: 1, stale: 1, error: 0 })
    expect(computedTexts()).toHaveLength(2)
  })

  it('renews a stale result with the one that was computed instead', async () => {
    const { ask, clock } = cached({ ttlMs: 1_000 })
    await ask(['a'])
    await clock.advance(1_500)
    await ask(['a'])
    await clock.advance(900)
    expect([...(await ask(['a'])).source]).toEqual([fresh])
  })

  it('does not answer with rows of a maker below the parity that is asked for', async () => {
    const { ask } = cached({
      compute: async ({ texts }) => ({ ...answerOf(texts), parity: Float32Array.from(texts, () => 0.9985) }),
    })
    await ask(['a'], { minParity: 0.9985 })
    expect([...(await ask(['a'], { minParity: 0.9985 })).source]).toEqual([fresh])
    expect([...(await ask(['a'], { minParity: 0.999 })).source]).toEqual([computed])
  })

  it('trusts rows of unknown parity no further than the batch they were made for', async () => {
    const { ask } = cached()
    await ask(['a'], { minParity: 0.9 })
    expect([...(await ask(['a'], { minParity: 0.9 })).source]).toEqual([fresh])
    expect([...(await ask(['a'], { minParity: 0.95 })).source]).toEqual([computed])
  })

  it('does not answer with a truncated row where truncation is refused', async () => {
    const { ask } = cached({
      compute: async ({ texts }) => ({ ...answerOf(texts), truncated: Uint8Array.from(texts, () => 1) }),
    })
    await ask(['a'])
    expect([...(await ask(['a'], { truncate: true })).source]).toEqual([fresh])
    expect([...(await ask(['a'], { truncate: false })).source]).toEqual([computed])
  })

  it('keeps tenants and spaces apart', async () => {
    const { ask } = cached()
    await ask(['a'], {}, { tenant: 'one' })
    expect([...(await ask(['a'], {}, { tenant: 'two' })).source]).toEqual([computed])
    expect([...(await ask(['a'], { space: '1111111111111111' }, { tenant: 'one' })).source]).toEqual([computed])
    expect([...(await ask(['a'], {}, { tenant: 'one' })).source]).toEqual([fresh])
  })

  it('recomputes and stores for no-cache, and does neither reading nor writing for no-store', async () => {
    const { ask } = cached()
    const sourceOf = async (cache: 'default' | 'no-cache' | 'no-store'): Promise<number | undefined> =>
      (await ask(['a'], {}, { cache })).source[0]
    expect(await sourceOf('no-store')).toBe(computed)
    expect(await sourceOf('default')).toBe(computed)
    expect(await sourceOf('no-store')).toBe(computed)
    expect(await sourceOf('no-cache')).toBe(computed)
    expect(await sourceOf('default')).toBe(fresh)
  })

  it('stores what was computed, and neither stale nor joined rows', async () => {
    const { ask, computedTexts } = cached({
      compute: async ({ texts }) => ({
        ...answerOf(texts),
        source: Uint8Array.from(texts, (text) => (text === 'old' ? stale : text === 'shared' ? joined : computed)),
      }),
    })
    const texts = ['old', 'new', 'shared']
    expect([...(await ask(texts)).source]).toEqual([stale, computed, joined])
    expect([...(await ask(texts)).source]).toEqual([stale, fresh, joined])
    expect(computedTexts()).toEqual([texts, ['old', 'shared']])
  })

  it('stores nothing when the computation fails, whatever was found', async () => {
    let works = true
    const { ask, store } = cached({
      compute: async ({ texts }) => {
        if (!works) throw new BackendError('invalid_rows', 'a row is not finite')
        return answerOf(texts)
      },
    })
    await ask(['a'])
    works = false
    await expect(ask(['a', 'b'])).rejects.toThrow('not finite')
    expect(store.level().entries).toBe(1)
    expect([...(await ask(['a'])).source]).toEqual([fresh])
  })

  it('refuses to put rows of another width beside stored ones', async () => {
    let width = dims
    const { ask } = cached({
      compute: async ({ texts }) => ({
        ...answerOf(texts),
        vectors: new Float32Array(texts.length * width),
        dims: width,
      }),
    })
    await ask(['a'])
    width = 8
    await expect(ask(['a', 'b'])).rejects.toMatchObject({ fault: 'invalid_rows' })
  })

  it('does not answer from a stored result of another width', async () => {
    const { ask, store } = cached()
    await ask(['a'])
    const narrow = { ...store, getMany: async () => [{ ...resultOf(8), storedAtMs: Infinity }] }
    const other = cached({ store: narrow })
    expect((await other.ask(['a'])).vectors).toEqual(answerOf(['a']).vectors)
  })

  it('hands on the memo of each stored row, and keeps what is put into it', async () => {
    const { ask } = cached()
    await ask(['a'])
    const first = await ask(['new', 'a'])
    expect(first.memos?.[0]).toBeUndefined()
    first.memos?.[1]?.set('float', Uint8Array.of(1, 2))
    expect((await ask(['a'])).memos?.[0]?.get('float')).toEqual(Uint8Array.of(1, 2))
  })

  it.each(['\ud800', '\udbff', 'x\udc00'])(
    'refuses a text that is not well-formed, for it would share a key',
    async (text) => {
      const { ask, store } = cached()
      await ask(['\ufffd'])
      await expect(ask([text])).rejects.toMatchObject({ code: 'EG_INPUT_NOT_WELL_FORMED' })
      expect(store.level().entries).toBe(1)
    },
  )

  it('answers with memory of its own, which later evictions do not touch', async () => {
    const { ask } = cached({ store: memoryStore({ maxBytes: 3_000 }) })
    await ask(['a'])
    const hit = await ask(['a'])
    for (let text = 0; text < 50; text++) await ask([`other ${text}`])
    expect(hit.vectors).toEqual(answerOf(['a']).vectors)
  })
})

const resultOf = (width: number) => ({
  vector: new Float32Array(width).fill(1),
  tokens: 1,
  truncated: false,
  parity: 1,
})
