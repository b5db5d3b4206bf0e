import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSocket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen } from '../../../../../../backends/onnx/worker/server/listen.ts'
import { temporaryFolder } from '../../tiny-model.ts'

const server = () => {
  const made = createServer()
  onTestFinished(() => void made.close())
  return made
}

describe('listening on a Unix socket', () => {
  it('lets only its own user connect', async () => {
    const path = join(temporaryFolder(), 'w.sock')
    await listen(server(), { path })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('replaces the socket of a process that was killed', async () => {
    const path = join(temporaryFolder(), 'w.sock')
    const dead = createSocket().listen(path)
    // What a killed process leaves: a socket file without a listener.
    await new Promise((resolve) => dead.once('listening', resolve))
    renameSync(path, `${path}.kept`)
    await new Promise((resolve) => dead.close(resolve))
    renameSync(`${path}.kept`, path)
    const alive = server()
    await listen(alive, { path })
    expect(alive.listening).toBe(true)
  })

  it('takes neither the socket of a living process nor another file', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'w.sock')
    await listen(server(), { path })
    await expect(listen(server(), { path })).rejects.toThrow('EADDRINUSE')
    writeFileSync(join(folder, 'precious'), 'text')
    await expect(listen(server(), { path: join(folder, 'precious') })).rejects.toThrow('EADDRINUSE')
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('text')
  })
})
