import assert from 'node:assert/strict'
import { vectorOf } from '../../core/embeddings.ts'
import { assertComputedRows, assertSameVector, differenceOf } from './assertions.ts'
import type { Bench, TestRunner } from './subject.ts'

/** Rows: one per text, in order, of the text they stand for, and nobody else's memory. */
export const rowTests = ({ it }: TestRunner, bench: Bench): void => {
  const { texts, tolerance, subject } = bench
  const alone = new Map<string, Float32Array>()
  const vectorAlone = async (text: string): Promise<Float32Array> => {
    const known = alone.get(text)
    if (known) return known
    const vector = vectorOf(await bench.embed([text]), 0).slice()
    alone.set(text, vector)
    return vector
  }

  it('answers one text with one usable row', async () => {
    assertComputedRows(await bench.embed(texts.slice(0, 1)), 1)
  })

  it('answers a batch with one usable row per text, of the width of its space', async () => {
    const { space } = await bench.backend()
    const answer = await bench.embed(texts)
    assertComputedRows(answer, texts.length)
    if (space) assert.equal(answer.dims, space.dims)
  })

  it('gives different texts different vectors', async () => {
    const answer = await bench.embed(texts)
    texts.forEach((_, a) =>
      texts.slice(0, a).forEach((__, b) => {
        assert.ok(differenceOf(vectorOf(answer, a), vectorOf(answer, b)) > tolerance, `rows ${a} and ${b} differ`)
      }),
    )
  })

  it('gives a text the same vector and tokens alone, in a batch, in a reversed batch and twice in one batch', async () => {
    const orders = [texts, texts.toReversed(), [...texts, ...texts]]
    for (const order of orders) {
      const answer = await bench.embed(order)
      for (const [row, text] of order.entries()) {
        assertSameVector(vectorOf(answer, row), await vectorAlone(text), tolerance, `row ${row} of ${order.length}`)
      }
    }
    const forward = await bench.embed(texts)
    const backward = await bench.embed(texts.toReversed())
    assert.deepEqual(Array.from(backward.tokens).toReversed(), Array.from(forward.tokens))
    assert.deepEqual(Array.from(backward.truncated).toReversed(), Array.from(forward.truncated))
  })

  if (subject.vectorsOf) {
    it('gives the vectors that are known to be right', async () => {
      const expected = (await subject.vectorsOf?.(texts)) ?? new Float32Array()
      const answer = await bench.embed(texts)
      assertSameVector(answer.vectors, expected, tolerance, 'all rows')
    })
  }

  it('does not change the texts it is given', async () => {
    const given = Object.freeze([...texts])
    await bench.embed(given)
    assert.deepEqual(given, texts)
  })

  it('answers with memory that later calls do not touch', async () => {
    const first = await bench.embed(texts)
    const before = structuredClone({ vectors: first.vectors, tokens: first.tokens, source: first.source })
    await Promise.all(texts.map((text) => bench.embed([text, ...texts.toReversed()])))
    assert.deepEqual({ vectors: first.vectors, tokens: first.tokens, source: first.source }, before)
  })

  it('never gives one of 200 concurrent calls the rows of another', async () => {
    const calls = Array.from({ length: 200 }, (_, call) =>
      Array.from({ length: 1 + (call % 4) }, (__, row) => texts[(call * 7 + row * 3) % texts.length] ?? ''),
    )
    const answers = await Promise.all(calls.map((some) => bench.embed(some)))
    for (const [call, some] of calls.entries()) {
      const answer = answers[call]
      assert.ok(answer)
      assertComputedRows(answer, some.length)
      for (const [row, text] of some.entries()) {
        const own = await vectorAlone(text)
        assertSameVector(vectorOf(answer, row), own, tolerance, `row ${row} of call ${call}`)
      }
    }
  })
}
