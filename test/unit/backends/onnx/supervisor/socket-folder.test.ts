import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { socketFolder } from '../../../../../backends/onnx/supervisor/socket-folder.ts'

describe('socketFolder', () => {
  it('makes a folder that only this user can enter', async () => {
    const folder = await socketFolder()
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect(dirname(folder)).toBe(tmpdir())
    await rm(folder, { recursive: true })
  })

  it('goes to /tmp where paths of sockets would be too long', async () => {
    const root = await mkdtemp(join(tmpdir(), 'deep-'))
    const deep = join(root, 'x'.repeat(100))
    await mkdir(deep)
    const folder = await socketFolder(deep)
    expect(dirname(folder)).toBe('/tmp')
    await rm(folder, { recursive: true })
    await rm(root, { recursive: true })
  })
})
