import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { socketFolder } from '../../../../../backends/onnx/supervisor/socket-folder.ts'
import { folderPrefix, removeStaleFolders } from '../../../../../backends/onnx/supervisor/stale-folders.ts'

/** A folder for temporary files of the running test. */
const temporary = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sockets-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

const listenIn = async (folder: string, name: string): Promise<Server> => {
  const server = createServer((connection) => connection.destroy())
  await once(server.listen(join(folder, name)), 'listening')
  onTestFinished(() => void server.close())
  return server
}

/** Leaves a socket that nobody listens on, as a process does that is killed. */
const leaveSocketIn = async (folder: string, name: string): Promise<void> => {
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', script, join(folder, name)]), 'exit')
  expect(await readdir(folder)).toContain(name)
}

/** A folder as a gateway makes one. */
const madeIn = async (parent: string): Promise<string> => {
  const folder = join(parent, `${folderPrefix}abcdef`)
  await mkdir(folder)
  return folder
}

const inAMinute = (): number => Date.now() + 60_000

describe('socketFolder', () => {
  it('makes a folder that only this user can enter, and removes it', async () => {
    const parent = await temporary()
    const folder = await socketFolder(parent)
    expect((await stat(folder.path)).mode & 0o777).toBe(0o700)
    expect(dirname(folder.path)).toBe(parent)
    await folder.remove()
    expect(await readdir(parent)).toEqual([])
  })

  it('goes to /tmp where paths of sockets would be too long', async () => {
    const deep = join(await temporary(), 'x'.repeat(100))
    await mkdir(deep)
    const folder = await socketFolder(deep)
    expect(dirname(folder.path)).toBe('/tmp')
    await folder.remove()
  })

  it('removes what a killed gateway has left', async () => {
    const parent = await temporary()
    const left = await madeIn(parent)
    await leaveSocketIn(left, 'owner.sock')
    const longAgo = Date.now() / 1000 - 60
    await utimes(left, longAgo, longAgo)
    const folder = await socketFolder(parent)
    await expect.poll(() => readdir(parent)).toEqual([basename(folder.path)])
    await folder.remove()
  })
})

describe('removeStaleFolders', () => {
  it('removes a folder in which no socket answers, and one with nothing in it', async () => {
    const parent = await temporary()
    const left = await madeIn(parent)
    await leaveSocketIn(left, 'owner.sock')
    await leaveSocketIn(left, '1.sock')
    await mkdir(join(parent, `${folderPrefix}empty1`))
    await removeStaleFolders(parent, inAMinute())
    expect(await readdir(parent)).toEqual([])
  })

  it('leaves the folder of a living gateway, whatever became of its workers', async () => {
    const parent = await temporary()
    const folder = await socketFolder(parent)
    await leaveSocketIn(folder.path, '1.sock')
    await removeStaleFolders(parent, inAMinute())
    expect((await readdir(folder.path)).toSorted()).toEqual(['1.sock', 'owner.sock'])
    await folder.remove()
  })

  it('leaves a folder with a worker that still answers', async () => {
    const parent = await temporary()
    const left = await madeIn(parent)
    await leaveSocketIn(left, 'owner.sock')
    await listenIn(left, '1.sock')
    await removeStaleFolders(parent, inAMinute())
    expect(await readdir(left)).toHaveLength(2)
  })

  it('leaves a folder of a gateway that has only just made it', async () => {
    const parent = await temporary()
    await madeIn(parent)
    await removeStaleFolders(parent)
    expect(await readdir(parent)).toHaveLength(1)
  })

  it('leaves what is no socket, what has another name, and what a link leads to', async () => {
    const parent = await temporary()
    const elsewhere = await temporary()
    await leaveSocketIn(elsewhere, 'owner.sock')
    await symlink(elsewhere, join(parent, `${folderPrefix}linked`))
    await mkdir(join(parent, 'embedgate-sockets-00000000-other1'))
    const left = await madeIn(parent)
    await writeFile(join(left, 'notes.txt'), 'mine')
    await removeStaleFolders(parent, inAMinute())
    expect(await readdir(parent)).toHaveLength(3)
    expect(await readdir(elsewhere)).toEqual(['owner.sock'])
    expect(await readdir(left)).toEqual(['notes.txt'])
  })

  it('leaves the folders of other users', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('only root can give a folder away')
    const parent = await temporary()
    const { chown } = await import('node:fs/promises')
    await chown(await madeIn(parent), 65_534, 65_534)
    await removeStaleFolders(parent, inAMinute())
    expect(await readdir(parent)).toHaveLength(1)
  })
})
