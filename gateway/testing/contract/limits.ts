import assert from 'node:assert/strict'
import { assertComputedRows } from './assertions.ts'
import type { Bench, TestRunner } from './subject.ts'

/** Models that read more are not sent a text of twice that length. */
const longestTestedTokens = 16_384
const mostTestedTexts = 2_048

/** Limits: as many texts as it says, and texts longer than the model reads. */
export const limitTests = ({ it }: TestRunner, bench: Bench): void => {
  it('answers as many texts at once as it says it can', async () => {
    const { limits } = await bench.backend()
    const byTokens = Math.floor((limits.tokens ?? Infinity) / 16)
    const count = Math.max(1, Math.min(limits.texts, byTokens, mostTestedTexts))
    assertComputedRows(await bench.embed(Array.from({ length: count }, (_, row) => `text ${row}`)), count)
  })

  it('cuts a text that is too long, and says so, when it may', async () => {
    const long = await tooLongText(bench)
    if (long === undefined) return
    const { space } = await bench.backend()
    const answer = await bench.embed([bench.texts[0] ?? '', long])
    assertComputedRows(answer, 2)
    assert.deepEqual(Array.from(answer.truncated), [0, 1])
    assert.ok((answer.tokens[1] ?? 0) <= (space?.maxTokens ?? 0), 'it counts the tokens that were read')
  })

  it('refuses a text that is too long with EG_INPUT_TOO_LONG when it may not cut it, and answers the next call', async () => {
    const long = await tooLongText(bench)
    if (long === undefined) return
    const texts = [bench.texts[0] ?? '', long]
    await assert.rejects(bench.embed(texts, { truncate: false }), { code: 'EG_INPUT_TOO_LONG' })
    assertComputedRows(await bench.embed(texts.slice(0, 1), { truncate: false }), 1)
  })
}

/** Undefined where the backend does not say how much it reads, or reads too much for a test. */
const tooLongText = async (bench: Bench): Promise<string | undefined> => {
  const { space } = await bench.backend()
  if (space === undefined || space.maxTokens > longestTestedTokens) return undefined
  return 'word '.repeat(space.maxTokens * 2)
}
