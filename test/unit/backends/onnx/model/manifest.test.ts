import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadModelFiles } from '../../../../../backends/onnx/model/model-files.ts'
import { verifyModelFiles } from '../../../../../backends/onnx/model/verify.ts'
import { temporaryFolder, writeFiles } from '../tiny-model.ts'

const contents: Readonly<Record<string, Uint8Array>> = {
  'model.onnx': Buffer.from('a graph'),
  'tokenizer.json': Buffer.from('{}'),
  'golden.json': Buffer.from(
    JSON.stringify({
      texts: [
        { text: 'one', tokens: 3 },
        { text: 'two', tokens: 3 },
      ],
    }),
  ),
  'golden.f32': new Uint8Array(Float32Array.of(1, 0, 0, 1).buffer),
}

const manifest = {
  manifestVersion: 1,
  name: 'tiny',
  revision: 'abc',
  dims: 2,
  maxTokens: 16,
  pooling: 'cls',
  normalized: true,
  prompts: { query: 'query: ' },
  matryoshkaDims: [1],
  tokenizer: 'tokenizer.json',
  tiers: { reference: { graph: 'model.onnx', poolingInGraph: true, normalizationInGraph: true } },
  golden: { texts: 'golden.json', vectors: 'golden.f32' },
  files: Object.fromEntries(
    Object.entries(contents).map(([name, bytes]) => [
      name,
      { bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') },
    ]),
  ),
}

const model = (changes: object = {}): string =>
  writeFiles(temporaryFolder(), { ...contents, 'manifest.json': { ...manifest, ...changes } })

const corrupt = (message: RegExp) =>
  expect.objectContaining({ code: 'EG_MODEL_CORRUPT', message: expect.stringMatching(message) })

describe('a model with a manifest', () => {
  it('is read without its graph being loaded', () => {
    const folder = model()
    expect(loadModelFiles(folder)).toMatchObject({
      folder,
      space: {
        model: 'tiny',
        revision: 'abc',
        dims: 2,
        pooling: 'cls',
        normalized: true,
        maxTokens: 16,
        prompts: { query: 'query: ' },
      },
      graph: { path: join(folder, 'model.onnx'), normalizes: true },
      tokenizer: { path: join(folder, 'tokenizer.json') },
      matryoshkaDims: [1],
      references: { texts: ['one', 'two'], vectors: Float32Array.of(1, 0, 0, 1), dims: 2 },
    })
  })

  it('may have no references', () => {
    expect(loadModelFiles(model({ golden: undefined })).references).toBeUndefined()
  })

  it.each([
    [{ manifestVersion: 2 }, /manifestVersion must be 1/],
    [{ name: '' }, /name must be a non-empty string/],
    [{ dims: 1.5 }, /dims must be a positive integer/],
    [{ pooling: 'max' }, /pooling must be one of mean, cls, last/],
    [{ normalized: 'yes' }, /normalized must be true or false/],
    [{ prompts: { query: 1 } }, /prompts must be an object of strings/],
    [{ matryoshkaDims: [0] }, /matryoshkaDims must be a list of positive integers/],
    [{ tiers: {} }, /tiers.reference. is not an object/],
    [{ tokenizer: 'other.json' }, /files does not list other.json/],
    [{ dims: 3 }, /golden.f32: holds 4 numbers, 2 texts of 3 dimensions need 6/],
  ])('is refused when its manifest says %j', (changes, message) => {
    expect(() => loadModelFiles(model(changes))).toThrow(corrupt(message))
  })

  it('is refused with the path and a remedy when the manifest is not JSON', () => {
    const folder = writeFiles(model(), { 'manifest.json': '{' })
    const message = new RegExp(`^${join(folder, 'manifest.json')}: is not valid JSON; remove the model folder and`)
    expect(() => loadModelFiles(folder)).toThrow(corrupt(message))
  })

  it('is refused when a file is missing or has another size', () => {
    const folder = model({ files: { ...manifest.files, 'more.bin': { bytes: 1, sha256: '0' } } })
    expect(() => loadModelFiles(folder)).toThrow(corrupt(/more.bin: is missing/))
    writeFileSync(join(folder, 'model.onnx'), 'a longer graph')
    expect(() => loadModelFiles(folder)).toThrow(corrupt(/model.onnx: has 14 bytes, the manifest says 7/))
  })

  it('is verified file by file', async () => {
    const folder = model()
    const files = loadModelFiles(folder)
    await expect(verifyModelFiles(files)).resolves.toBeUndefined()
    writeFileSync(join(folder, 'model.onnx'), 'a grapf')
    await expect(verifyModelFiles(files)).rejects.toThrow(corrupt(/model.onnx: has SHA-256 .*, the manifest says/))
  })

  it('is refused by verification when a file has gone', async () => {
    const folder = model()
    const [file] = loadModelFiles(folder).files
    await expect(verifyModelFiles({ files: [{ ...file, path: join(folder, 'gone') }] })).rejects.toThrow(
      corrupt(/gone: cannot be read/),
    )
  })
})
