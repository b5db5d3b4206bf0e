import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { knownModels, resolveModelFolder } from '../../../../../backends/onnx/model/resolve.ts'
import { temporaryFolder, writeFiles } from '../tiny-model.ts'

const dataDir = (): string =>
  writeFiles(temporaryFolder(), {
    'models/mine/config.json': {},
    'models/owner/theirs/manifest.json': {},
    'models/empty/readme': '',
  })

describe('resolving a model', () => {
  it('finds downloaded models by name, with and without an owner', () => {
    const folder = dataDir()
    expect(resolveModelFolder('mine', folder)).toBe(join(folder, 'models/mine'))
    expect(resolveModelFolder('owner/theirs', folder)).toBe(join(folder, 'models/owner/theirs'))
  })

  it('takes absolute and relative paths', () => {
    const folder = join(dataDir(), 'models/mine')
    expect(resolveModelFolder(folder, '/nowhere')).toBe(folder)
    expect(resolveModelFolder(relative('.', folder), '/nowhere')).toBe(folder)
  })

  it('finds the embedded model in its package', () => {
    const folder = resolveModelFolder('all-MiniLM-L6-v2', '/nowhere')
    expect(dirname(join(folder, 'manifest.json'))).toBe(folder)
    expect(folder).toMatch(/all-MiniLM-L6-v2$|model-all-minilm-l6-v2$/)
  })

  it('prefers a downloaded model to the embedded one of the same name', () => {
    const folder = writeFiles(dataDir(), { 'models/all-MiniLM-L6-v2/config.json': {} })
    expect(resolveModelFolder('all-MiniLM-L6-v2', folder)).toBe(join(folder, 'models/all-MiniLM-L6-v2'))
  })

  it('refuses another name with those that would do', () => {
    expect(() => resolveModelFolder('minilm', dataDir())).toThrow(
      expect.objectContaining({
        code: 'EG_CONFIG_INVALID',
        message: expect.stringContaining('"minilm": known are mine, owner/theirs, all-MiniLM-L6-v2;'),
      }),
    )
  })

  it('takes a path for no name: the folder of a name would depend on where the gateway is started', () => {
    expect(() => resolveModelFolder('models/all-MiniLM-L6-v2', '/nowhere')).toThrow(
      'there is no model "models/all-MiniLM-L6-v2": known are all-MiniLM-L6-v2; the path of a model folder, such as ./models/all-MiniLM-L6-v2,',
    )
  })

  it('says of a path what is wrong with it, with the whole path', () => {
    const folder = writeFiles(temporaryFolder(), { 'half/tokenizer.json': {}, 'half/model.onnx': '', file: '' })
    const refused = (path: string, reason: string): void =>
      expect(() => resolveModelFolder(path, '/nowhere')).toThrow(
        expect.objectContaining({ code: 'EG_CONFIG_INVALID', message: reason }),
      )
    refused(relative('.', join(folder, 'none')), `there is no such folder: ${folder}/none`)
    refused(join(folder, 'file'), `${folder}/file is a file, not a model folder`)
    refused(join(folder, 'half'), `${folder}/half is no model folder: it lacks config.json`)
    refused(folder, `${folder} is no model folder: it lacks config.json, tokenizer.json, onnx/model.onnx or model.onnx`)
  })

  it('does not take an inherited property for a model', () => {
    expect(() => resolveModelFolder('constructor', '/nowhere')).toThrow('there is no model "constructor"')
  })

  it('lists each known model once', () => {
    const folder = writeFiles(dataDir(), { 'models/all-MiniLM-L6-v2/config.json': {} })
    expect([...knownModels(folder)].sort()).toEqual(['all-MiniLM-L6-v2', 'mine', 'owner/theirs'])
  })
})
