import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadModelFiles } from '../../../../../backends/onnx/model/model-files.ts'
import { modulesOf, poolingConfig, tinyModel, tokenVectorsGraph, writeFiles } from '../tiny-model.ts'

const corrupt = (message: RegExp) =>
  expect.objectContaining({ code: 'EG_MODEL_CORRUPT', message: expect.stringMatching(message) })

describe('a sentence-transformers folder', () => {
  it('is read from the files that its export left', () => {
    const folder = tinyModel({ 'config_sentence_transformers.json': { prompts: { query: 'find: ' } } })
    const graphHash = createHash('sha256').update(readFileSync(tokenVectorsGraph)).digest('hex')
    expect(loadModelFiles(folder)).toMatchObject({
      space: {
        model: basename(folder),
        revision: graphHash.slice(0, 16),
        dims: 4,
        pooling: 'mean',
        normalized: true,
        maxTokens: 8,
        prompts: { query: 'find: ' },
      },
      graph: { path: join(folder, 'onnx/model.onnx'), normalizes: false },
      tokenizer: { path: join(folder, 'tokenizer.json'), configPath: join(folder, 'tokenizer_config.json') },
      matryoshkaDims: [],
    })
  })

  it('takes the name it is given', () => {
    expect(loadModelFiles(tinyModel(), 'owner/tiny').space.model).toBe('owner/tiny')
  })

  it.each([
    ['mean_tokens', 'mean'],
    ['cls_token', 'cls'],
    ['lasttoken', 'last'],
  ] as const)('pools by %s', (mode, pooling) => {
    expect(loadModelFiles(tinyModel({ '1_Pooling/config.json': poolingConfig(mode) })).space.pooling).toBe(pooling)
  })

  it('refuses a pooling that it cannot do', () => {
    const folder = tinyModel({ '1_Pooling/config.json': poolingConfig('max_tokens') })
    expect(() => loadModelFiles(folder)).toThrow(corrupt(/neither mean, cls nor last token/))
  })

  it('refuses several poolings at once', () => {
    const both = { ...poolingConfig('mean_tokens'), ...poolingConfig('cls_token'), pooling_mode_mean_tokens: true }
    expect(() => loadModelFiles(tinyModel({ '1_Pooling/config.json': both }))).toThrow(corrupt(/neither mean/))
  })

  it('refuses modules that it does not have', () => {
    const folder = tinyModel({ 'modules.json': modulesOf('Transformer', 'Pooling', 'Dense') })
    expect(() => loadModelFiles(folder)).toThrow(corrupt(/the module Dense is not supported/))
  })

  it('is not normalized when no module does it', () => {
    const folder = tinyModel({ 'modules.json': modulesOf('Transformer', 'Pooling') })
    expect(loadModelFiles(folder).space.normalized).toBe(false)
  })

  it('reads as many tokens as the smallest believable limit', () => {
    const folder = tinyModel({ 'tokenizer_config.json': { model_max_length: 1e30 } })
    rmSync(join(folder, 'sentence_bert_config.json'))
    expect(loadModelFiles(folder).space.maxTokens).toBe(64)
    writeFiles(folder, { 'tokenizer_config.json': { model_max_length: 32 } })
    expect(loadModelFiles(folder).space.maxTokens).toBe(32)
  })

  it('is refused when nothing says how many tokens it reads', () => {
    const folder = tinyModel({ 'config.json': { hidden_size: 4 }, 'tokenizer_config.json': {} })
    rmSync(join(folder, 'sentence_bert_config.json'))
    expect(() => loadModelFiles(folder)).toThrow(corrupt(/nothing says how many tokens/))
  })

  it('knows the widths it was trained for', () => {
    const folder = tinyModel({
      'config.json': { hidden_size: 4, max_position_embeddings: 8, matryoshka_dimensions: [4, 2] },
    })
    expect(loadModelFiles(folder).matryoshkaDims).toEqual([4, 2])
  })

  it('has another revision when its external weights differ', () => {
    const [one, other] = ['1', '2'].map((weights) => loadModelFiles(tinyModel({ 'onnx/model.onnx_data': weights })))
    expect(one?.space.revision).not.toBe(other?.space.revision)
    expect(one?.files.map(({ path }) => basename(path))).toContain('model.onnx_data')
  })

  it('is refused without a graph or a tokenizer', () => {
    const folder = tinyModel()
    rmSync(join(folder, 'tokenizer.json'))
    expect(() => loadModelFiles(folder)).toThrow(corrupt(/tokenizer.json: is missing/))
    rmSync(join(folder, 'onnx'), { recursive: true })
    expect(() => loadModelFiles(folder)).toThrow(corrupt(/has no onnx\/model.onnx or model.onnx/))
  })

  it('is told from a folder that is no model', () => {
    const folder = tinyModel()
    rmSync(join(folder, 'config.json'))
    expect(() => loadModelFiles(folder)).toThrow(corrupt(/holds neither manifest.json nor config.json/))
  })
})
