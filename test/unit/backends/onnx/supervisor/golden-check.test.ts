import { describe, expect, it } from 'vitest'
import { checkGolden } from '../../../../../backends/onnx/supervisor/golden-check.ts'
import type { PieceAnswer } from '../../../../../backends/onnx/supervisor/piece-answer.ts'
import type { References } from '../../../../../gateway/core/model.ts'
import type { Space } from '../../../../../gateway/core/space.ts'
import { scriptedWorker } from './scripted-worker.ts'

const space: Space = {
  model: 'm',
  revision: 'r',
  dims: 2,
  pooling: 'mean',
  normalized: true,
  maxTokens: 8,
  prompts: {},
}
const references: References = { texts: ['golden'], vectors: Float32Array.of(0.6, 0.8), dims: 2 }
const rows = (...vector: number[]): PieceAnswer => ({
  rows: { dims: 2, vectors: Float32Array.from(vector), tokens: Uint32Array.of(3), truncated: new Uint8Array(1) },
})

const check = async (answer: PieceAnswer, golden?: References, of: Space = space): Promise<void> => {
  const worker = scriptedWorker()
  const checked = checkGolden(worker.client, of, golden)
  expect(worker.sent[0]?.request.texts).toHaveLength(1)
  worker.sent[0]?.answer(answer)
  await checked
}

describe('checkGolden', () => {
  it('accepts a vector close to its reference', async () => {
    await check(rows(0.61, 0.7924), references)
  })

  it.each([
    ['points elsewhere', [0.8, 0.6]],
    ['is not of unit length', [0.3, 0.4]],
    ['is zero', [0, 0]],
    ['is not a number', [Number.NaN, 1]],
  ])('refuses a vector that %s', async (_what, vector) => {
    await expect(check(rows(...vector), references)).rejects.toMatchObject({ fault: 'invalid_rows' })
  })

  it('judges a model without references by finite numbers and length', async () => {
    await check(rows(0, 1))
    await expect(check(rows(0, 2))).rejects.toMatchObject({ fault: 'invalid_rows' })
    await check(rows(0, 2), undefined, { ...space, normalized: false })
    await expect(check(rows(0, 0), undefined, { ...space, normalized: false })).rejects.toMatchObject({
      fault: 'invalid_rows',
    })
  })

  it('fails when the worker refuses', async () => {
    await expect(check({ fault: { reason: 'inference', message: 'no' } })).rejects.toMatchObject({
      fault: 'unavailable',
    })
  })
})
