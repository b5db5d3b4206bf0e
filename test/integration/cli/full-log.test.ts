import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../bench/servers/free-port.ts'
import { post, untilReady } from '../../support/gateway.ts'
import { folderWith, root } from './program.ts'

const configuration = (port: number): string => `
server: { port: ${port} }
admin: { port: 0 }
backends: { fake: { kind: synthetic } }
models: { fake: { chain: [fake] } }
`

/** A gateway with its log in a file that takes nothing, or only so much; no line of it tells where it listens. */
const startWith = async (out: number | 'ignore', limit: string) => {
  const port = await freePort()
  const folder = folderWith({ 'embedgate.yaml': configuration(port) })
  const error = join(folder, 'error')
  const program = join(root, 'dist/gateway/main.js')
  const child = spawn('/bin/sh', ['-c', `${limit} exec "$0" "$@"`, process.execPath, program, 'serve'], {
    cwd: folder,
    stdio: ['ignore', out, openSync(error, 'w')],
  })
  const ended = once(child, 'close')
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 200; tries++) {
    if (
      await fetch(`${url}/health/live`).then(
        () => true,
        () => false,
      )
    )
      break
    await pause(50)
  }
  await untilReady(url)
  return { child, ended, url, errors: () => readFileSync(error, 'utf8') }
}

describe('a log that cannot be written', { timeout: 60_000 }, () => {
  it.each([
    { disk: 'is full', out: () => openSync('/dev/full', 'w'), limit: '', code: 'ENOSPC' },
    {
      disk: 'fills up',
      out: () => openSync(join(folderWith(), 'log'), 'w'),
      limit: 'trap "" XFSZ; ulimit -f 8;',
      code: 'EFBIG',
    },
  ])('does not stop the gateway from answering, nor from stopping: the disk $disk', async ({ out, limit, code }) => {
    const { child, ended, url, errors } = await startWith(out(), limit)
    try {
      for (let count = 0; count < 100; count++) {
        expect((await post(`${url}/v1/embeddings`, { model: 'fake', input: `text ${count}` })).status).toBe(200)
      }
      while (!errors().includes('the log cannot be written')) await pause(50)
      child.kill('SIGTERM')
      expect((await ended)[0]).toBe(0)
      expect(errors()).toBe(`embedgate: the log cannot be written (${code}); it is tried again every second\n`)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('that nobody reads any more neither', async () => {
    const fifo = join(folderWith(), 'log')
    execFileSync('mkfifo', [fifo])
    // Open for both, so that it has a reader, which never reads.
    const { child, ended, url } = await startWith(openSync(fifo, 'r+'), '')
    try {
      // Several times what a pipe holds.
      for (let count = 0; count < 800; count++) {
        expect((await post(`${url}/v1/embeddings`, { model: 'fake', input: `text ${count}` })).status).toBe(200)
      }
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })
})
