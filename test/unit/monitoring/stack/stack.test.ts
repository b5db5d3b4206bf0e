import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startDaemon } from '../../../../monitoring/stack/daemon.ts'
import { stackFolder } from '../../../../monitoring/stack/folder.ts'
import { installed, needed } from '../../../../monitoring/stack/installed.ts'
import { startReceiver, type Notice } from '../../../../monitoring/stack/receiver.ts'

describe('the folder of a stack', () => {
  it('is fresh, and takes those of killed stacks away', () => {
    const dead = join(tmpdir(), 'embedgate-stack-999999999')
    mkdirSync(dead, { recursive: true })
    const folder = stackFolder()
    expect(existsSync(folder)).toBe(true)
    expect(existsSync(dead)).toBe(false)
    rmSync(folder, { recursive: true })
  })
})

describe('a program', () => {
  it('is found by any of its names, or named with what installs it', () => {
    expect(installed('no-such-program', 'sh')).toMatch(/\/sh$/)
    expect(() => needed('no-such-program')).toThrow('no-such-program is not installed: npm run stack:setup')
  })
})

describe('a daemon', () => {
  it('that ends at once says with what, and what it has said', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'embedgate-daemon-'))
    const options = { name: 'it', url: 'http://127.0.0.1:1', readyPath: '/', folder }
    await expect(startDaemon({ ...options, command: 'sh', args: ['-c', 'echo why; exit 3'] })).rejects.toThrow(
      /it did not start: it ended with 3\nwhy/,
    )
    await expect(startDaemon({ ...options, command: 'no-such-program', args: [] })).rejects.toThrow('ENOENT')
    rmSync(folder, { recursive: true })
  })
})

describe('the receiver', () => {
  it('passes on each alert of a message, and refuses what is none', async () => {
    const notices: Notice[] = []
    const receiver = await startReceiver((notice) => notices.push(notice))
    const alert = { status: 'firing', labels: { alertname: 'A' }, annotations: {} }
    const send = (body: string) => fetch(receiver.url, { method: 'POST', body })
    expect((await send(JSON.stringify({ alerts: [alert, alert] }))).status).toBe(200)
    expect((await send('{')).status).toBe(400)
    expect(notices).toEqual([alert, alert])
    await receiver.stop()
  })
})
