import { type ServerResponse, createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { workerClient } from '../../../../../backends/onnx/supervisor/worker-client.ts'
import { temporaryFolder } from '../tiny-model.ts'
import { settle, statsOf } from './scripted-worker.ts'

const about = { state: 'up', device: 'cpu', provider: 'cpu', model: 'm', space: 's', loadMs: 1 }
const never = new AbortController().signal
const raise = { piece: 'p', priority: 'interactive' } as const

/** A client of a worker that answers all but `held` paths; `answerHeld` answers what it holds. */
const clientOf = async (held: readonly string[]) => {
  const socketPath = join(temporaryFolder(), 'worker.sock')
  const holding: ServerResponse[] = []
  const paths: string[] = []
  const server = createServer((request, response) => {
    const path = request.url?.replace(/\?.*/, '') ?? ''
    paths.push(path)
    if (held.includes(path)) holding.push(response)
    else if (path === '/raise') response.writeHead(204).end()
    else response.end(JSON.stringify(path === '/stats' ? statsOf([]) : about))
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  const client = workerClient(socketPath, 2)
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  const answerHeld = (): void => {
    for (const response of holding.splice(0)) response.writeHead(204).end()
  }
  return { client, paths, holding, answerHeld }
}

describe('workerClient', () => {
  it('gets its answers to the watchdog while raises and probes wait', async () => {
    const { client, holding } = await clientOf(['/raise', '/health'])
    const waiting = [
      ...Array.from({ length: 50 }, () => client.raise(raise, never)),
      ...Array.from({ length: 50 }, () => client.health(never)),
    ]
    for (const each of waiting) each.catch(() => {})
    while (holding.length < 2) await settle()
    expect(await client.stats(0, never)).toEqual(statsOf([]))
  })

  it('answers about health while raises wait', async () => {
    const { client, holding } = await clientOf(['/raise'])
    client.raise(raise, never).catch(() => {})
    while (holding.length < 1) await settle()
    expect(await client.health(never)).toEqual(about)
  })

  it('drops raises while eight are unanswered, and sends again afterwards', async () => {
    const { client, paths, holding, answerHeld } = await clientOf(['/raise'])
    const sent = Array.from({ length: 8 }, () => client.raise(raise, never))
    await client.raise(raise, never)
    for (const each of sent) {
      while (holding.length < 1) await settle()
      answerHeld()
      await each
    }
    expect(paths).toHaveLength(8)
    const next = client.raise(raise, never)
    while (holding.length < 1) await settle()
    answerHeld()
    await next
    expect(paths).toHaveLength(9)
  })

  it('sends raises again after those that were given up', async () => {
    const { client, paths, holding, answerHeld } = await clientOf(['/raise'])
    const gone = new AbortController()
    const given = Array.from({ length: 8 }, () => client.raise(raise, gone.signal))
    while (holding.length < 1) await settle()
    gone.abort(new Error('gone'))
    for (const each of await Promise.allSettled(given)) expect(each.status).toBe('rejected')
    holding.splice(0)
    const next = client.raise(raise, never)
    while (holding.length < 1) await settle()
    answerHeld()
    await next
    expect(paths).toHaveLength(2)
  })
})
