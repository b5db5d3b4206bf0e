import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadModelFiles } from '../../../../../backends/onnx/model/model-files.ts'
import { resolveModelFolder } from '../../../../../backends/onnx/model/resolve.ts'
import { verifyModelFiles } from '../../../../../backends/onnx/model/verify.ts'
import { openOrtSession } from '../../../../../backends/onnx/worker/ort-session.ts'
import type { Session } from '../../../../../backends/onnx/worker/session.ts'
import { loadTokenizer } from '../../../../../backends/onnx/worker/tokenizer.ts'

interface Golden {
  readonly text: string
  readonly tokens: number
  readonly truncated: boolean
}

const model = loadModelFiles(resolveModelFolder('all-MiniLM-L6-v2', '.embedgate'))
const tokenizer = loadTokenizer(model.tokenizer, model.space.maxTokens)
const goldens: readonly Golden[] = JSON.parse(readFileSync(join(model.folder, 'golden.json'), 'utf8')).texts
const encoded = goldens.map(({ text }) => tokenizer.encode(text))
const { dims } = model.space

let session: Session
let alone: Float32Array[]
beforeAll(async () => {
  session = await openOrtSession(model, tokenizer.padId, 'cpu')
  alone = []
  for (const { ids } of encoded) alone.push(await session.run([ids]))
})
afterAll(() => session.close())

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? Number.NaN))), 0)

const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0) / Math.hypot(...a) / Math.hypot(...b)

describe('the embedded model', () => {
  it('is what its manifest says', async () => {
    await expect(verifyModelFiles(model)).resolves.toBeUndefined()
    expect(model.references?.texts).toEqual(goldens.map(({ text }) => text))
  })

  it('reads exactly the tokens of every golden text', () => {
    expect(encoded.map(({ ids, truncated }) => ({ tokens: ids.length, truncated }))).toEqual(
      goldens.map(({ tokens, truncated }) => ({ tokens, truncated })),
    )
    expect(goldens.some(({ truncated }) => truncated)).toBe(true)
  })

  it('gives the golden vectors', () => {
    const references = model.references?.vectors ?? new Float32Array()
    alone.forEach((vector, row) => {
      const reference = references.subarray(row * dims, (row + 1) * dims)
      expect(cosine(vector, reference)).toBeGreaterThanOrEqual(0.999_99)
      expect(largestDifference(vector, reference)).toBeLessThanOrEqual(5e-4)
    })
  })

  it('gives a text the same vector in any batch', async () => {
    const order = encoded.map((_, row) => (row * 31) % encoded.length).filter((_, at) => at % 3 === 0)
    for (let start = 0; start < order.length; start += 4) {
      const rows = order.slice(start, start + 4)
      const vectors = await session.run(rows.map((row) => encoded[row]?.ids ?? new Int32Array()))
      rows.forEach((row, at) => {
        const vector = vectors.subarray(at * dims, (at + 1) * dims)
        expect(largestDifference(vector, alone[row] ?? vector.slice(0, 0))).toBeLessThanOrEqual(1e-6)
      })
    }
  })
})
