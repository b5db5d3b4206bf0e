import { createServer, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { unending } from '../../../../../backends/onnx/supervisor/piece-stream.ts'
import { workerClient } from '../../../../../backends/onnx/supervisor/worker-client.ts'
import { temporaryFolder } from '../tiny-model.ts'
import { settle, statsOf } from './scripted-worker.ts'

const about = { state: 'up', device: 'cpu', provider: 'cpu', model: 'm', space: 's', instance: 'i', loadMs: 1 }
const never = new AbortController().signal
const request = { texts: ['a'], truncate: true, tenant: 't', priority: 'interactive', deadlineMs: 1 } as const

/** A client of a worker that answers what `answer` says, and upgrades nothing. */
const clientOf = async (answer: (path: string, response: ServerResponse) => void) => {
  const socketPath = join(temporaryFolder(), 'worker.sock')
  const server = createServer((incoming, response) => answer(incoming.url?.replace(/\?.*/, '') ?? '', response))
  server.on('upgrade', (_, socket: Duplex) => socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'))
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  const client = workerClient(socketPath, 2)
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  return client
}

describe('workerClient', () => {
  it('gets its answers to the watchdog while probes wait', async () => {
    const held: ServerResponse[] = []
    const client = await clientOf((path, response) => {
      if (path === '/health') held.push(response)
      else response.end(JSON.stringify(statsOf([])))
    })
    for (let each = 0; each < 50; each += 1) client.health(new AbortController().signal).catch(() => {})
    while (held.length === 0) await settle()
    expect(await client.stats(0, never)).toEqual(statsOf([]))
  })

  it('accepts only answers that are what the protocol says', async () => {
    const client = await clientOf((path, response) => response.end(path === '/health' ? JSON.stringify(about) : '{'))
    expect(await client.health(never)).toEqual(about)
    await expect(client.stats(0, never)).rejects.toMatchObject({ fault: 'protocol' })
  })

  it('ends a question with the reason of its signal', async () => {
    const client = await clientOf(() => {})
    const limit = new AbortController()
    const asked = client.stats(0, limit.signal)
    await settle()
    limit.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
  })

  it('fails pieces as connection when the worker does not upgrade', async () => {
    const client = await clientOf(() => {})
    await expect(client.embed(1, request, unending)).rejects.toMatchObject({ fault: 'connection' })
  })
})
