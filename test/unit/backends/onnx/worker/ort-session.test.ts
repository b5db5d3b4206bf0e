import { writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ModelFiles, loadModelFiles } from '../../../../../backends/onnx/model/model-files.ts'
import { openOrtSession } from '../../../../../backends/onnx/worker/ort-session.ts'
import { modulesOf, poolingConfig, tinyModel } from '../tiny-model.ts'

const open = async (model: ModelFiles) => {
  const session = await openOrtSession(model, 0, 'cpu')
  onTestFinished(() => session.close())
  return session
}

const rows = [Int32Array.of(2, 4, 6), Int32Array.of(3)]
const unnormalized = { 'modules.json': modulesOf('Transformer', 'Pooling') }

describe('a session of another model', () => {
  it.each([
    ['mean_tokens', [4, (4 + 16 + 36) / 3, 1, -4, 3, 9, 1, -3]],
    ['cls_token', [2, 4, 1, -2, 3, 9, 1, -3]],
    ['lasttoken', [6, 36, 1, -6, 3, 9, 1, -3]],
  ] as const)('pools its token vectors by %s', async (mode, expected) => {
    const folder = tinyModel({ ...unnormalized, '1_Pooling/config.json': poolingConfig(mode) })
    const session = await open(loadModelFiles(folder))
    expect([...(await session.run(rows))]).toEqual(expected.map(Math.fround))
  })

  it('normalises where the model does', async () => {
    const session = await open(loadModelFiles(tinyModel()))
    const [vector] = [await session.run([Int32Array.of(3)])]
    expect([...vector]).toEqual([3, 9, 1, -3].map((value) => Math.fround(value / 10)))
  })

  it('gives each row the same numbers in any company', async () => {
    const session = await open(loadModelFiles(tinyModel(unnormalized)))
    const alone = await session.run([Int32Array.of(5, 7)])
    const among = await session.run([Int32Array.of(1, 2, 3, 4, 5, 6), Int32Array.of(5, 7), Int32Array.of(9)])
    expect(among.slice(4, 8)).toEqual(alone)
  })

  it('keeps its rows when the next batch has run', async () => {
    const session = await open(loadModelFiles(tinyModel(unnormalized)))
    const first = await session.run([Int32Array.of(5)])
    await session.run([Int32Array.of(9)])
    expect([...first]).toEqual([5, 25, 1, -5])
  })

  it('rejects when the runtime does, and works afterwards', async () => {
    const session = await open(loadModelFiles(tinyModel(unnormalized)))
    await expect(session.run([Int32Array.of(99)])).rejects.toThrow()
    expect([...(await session.run([Int32Array.of(1)]))]).toEqual([1, 1, 1, -1])
  })

  it('rejects rows of another width than the model says', async () => {
    const folder = tinyModel({ 'config.json': { hidden_size: 5 }, 'sentence_bert_config.json': { max_seq_length: 8 } })
    const session = await open(loadModelFiles(folder))
    await expect(session.run(rows)).rejects.toThrow('the model gave [2, 3, 4] numbers where [2, 3, 5] are expected')
  })

  it('rejects vectors that a graph says are normalised and are not', async () => {
    const model = loadModelFiles(tinyModel())
    const session = await open({ ...model, graph: { ...model.graph, normalizes: true } })
    await expect(session.run(rows)).rejects.toThrow('where 1 is expected')
  })

  it('says which file cannot be loaded', async () => {
    const model = loadModelFiles(tinyModel())
    writeFileSync(model.graph.path, 'not a graph')
    await expect(openOrtSession(model, 0, 'cpu')).rejects.toMatchObject({
      code: 'EG_MODEL_CORRUPT',
      message: expect.stringContaining(`${model.graph.path}: cannot be loaded`),
    })
  })

  it('throws when the provider is not on this machine', async () => {
    await expect(openOrtSession(loadModelFiles(tinyModel()), 0, 'cuda')).rejects.toThrow(/cuda/i)
  })
})
