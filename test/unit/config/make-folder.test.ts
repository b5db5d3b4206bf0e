import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder } from '../../../gateway/config/make-folder.ts'
import { temporaryFolder, writeFiles } from '../backends/onnx/tiny-model.ts'

describe('makeFolder', () => {
  it('makes what is missing, and says what that was', async () => {
    const folder = temporaryFolder()
    expect(await makeFolder(join(folder, 'a/b'))).toEqual([join(folder, 'a'), join(folder, 'a/b')])
    expect(statSync(join(folder, 'a/b')).isDirectory()).toBe(true)
    expect(await makeFolder(join(folder, 'a/b'))).toEqual([])
  })

  it('lets many make one folder at once', async () => {
    const path = join(temporaryFolder(), 'a/b/c')
    const made = await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)))
    expect(made.flat()).toHaveLength(3)
  })

  it.skipIf(process.platform !== 'linux')('ends where a folder is there in which none can be made', async () => {
    await expect(makeFolder('/proc/x/y')).rejects.toThrow('ENOENT')
  })

  it('does not take a file for a folder', async () => {
    const folder = writeFiles(temporaryFolder(), { file: '' })
    await expect(makeFolder(join(folder, 'file'))).rejects.toThrow('EEXIST')
    await expect(makeFolder(join(folder, 'file/a'))).rejects.toThrow('ENOTDIR')
  })
})
