import { array, asyncProperty, assert, boolean } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutRefused } from '../../../../backends/remote/cut-refused.ts'
import { computed } from '../../../../gateway/core/embeddings.ts'
import { BackendError, GatewayError } from '../../../../gateway/core/errors.ts'
import { batchOf, callOf } from '../../../../gateway/testing/index.ts'

/** An engine that reads 4 characters; a row is the length that it read. */
const engine = () => {
  const calls: string[][] = []
  const embed = cutRefused({
    whole: async (texts) => {
      calls.push([...texts])
      if (texts.some((text) => text.length > 4)) throw new GatewayError('EG_INPUT_TOO_LONG', 'too long')
      return computed(
        texts.map((text) => [text.length]),
        1,
        texts.map((text) => text.length),
      )
    },
    cut: async () => computed([[4]], 1, [4], [1]),
  })
  return { calls, run: (texts: readonly string[], truncate = true) => embed(batchOf(texts, { truncate }), callOf()) }
}

describe('texts that an engine refuses for their length', () => {
  it('are cut and marked, those and no others, wherever they stand', async () => {
    await assert(
      asyncProperty(array(boolean(), { minLength: 1, maxLength: 20 }), async (areLong) => {
        const answer = await engine().run(areLong.map((isLong) => (isLong ? 'longer' : 'abc')))
        expect([...answer.truncated]).toEqual(areLong.map(Number))
        expect([...answer.vectors]).toEqual(areLong.map((isLong) => (isLong ? 4 : 3)))
      }),
    )
  })

  it('cost nothing when there are none', async () => {
    const { calls, run } = engine()
    await run(['a', 'b', 'c'])
    expect(calls).toHaveLength(1)
  })

  it('are found by halving: one among 32 takes 11 requests', async () => {
    const { calls, run } = engine()
    await run(Array.from({ length: 32 }, (_, row) => (row === 13 ? 'longer' : 'abc')))
    expect(calls).toHaveLength(11)
  })

  it('are refused where the batch may not be cut', async () => {
    const { calls, run } = engine()
    await expect(run(['abc', 'longer'], false)).rejects.toMatchObject({ code: 'EG_INPUT_TOO_LONG' })
    expect(calls).toHaveLength(1)
  })

  it.each([true, false])('are told from a batch that is too much for one request, truncate %s', async (truncate) => {
    const sizes: number[] = []
    const embed = cutRefused({
      whole: async (texts) => {
        sizes.push(texts.length)
        if (texts.length > 2) throw new GatewayError('EG_INPUT_TOO_MANY', 'too much')
        return computed(
          texts.map((text) => [Number(text)]),
          1,
          texts.map(() => 1),
        )
      },
      cut: () => Promise.reject(new Error('never called')),
    })
    const answer = await embed(batchOf(['1', '2', '3', '4', '5', '6', '7'], { truncate }), callOf())
    expect([...answer.vectors]).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(sizes).toEqual([7, 4, 2, 2, 3, 2, 1])
  })

  it('are not looked for when something else is wrong', async () => {
    const embed = cutRefused({
      whole: () => Promise.reject(new BackendError('status', 'no')),
      cut: () => Promise.reject(new Error('never called')),
    })
    await expect(embed(batchOf(['a', 'b']), callOf())).rejects.toMatchObject({ fault: 'status' })
  })
})
