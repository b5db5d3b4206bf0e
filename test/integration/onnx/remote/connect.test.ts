import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectWorker } from '../../../../backends/onnx/remote/connect.ts'
import { BackendError } from '../../../../gateway/core/errors.ts'
import { spaceId } from '../../../../gateway/core/space.ts'
import { withResolvers } from '../../../../gateway/core/with-resolvers.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { connectOptions, fakeWorker } from './fake-remote.ts'

const never = new AbortController().signal
const stopped = new BackendError('unavailable', 'the test is over')

/** A port that says `answer` to whatever it is asked, or nothing at all. */
const somethingElse = async (answer?: string): Promise<string> => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => answer !== undefined && socket.end(answer))
    onTestFinished(() => void socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A worker that tells its health; `asked` resolves when it has been asked for more, which it leaves unanswered. */
const healthAlone = async (): Promise<{ url: string; asked: Promise<void> }> => {
  const { promise: asked, resolve } = withResolvers<void>()
  const about = { state: 'up', device: 'cpu', provider: 'cpu', model: 'fake', loadMs: 1, instance: 'i' }
  const server = createHttpServer((_request, response) =>
    response.end(JSON.stringify({ ...about, space: spaceId(connectOptions('http://x:1').space) })),
  )
  server.on('upgrade', (_request, socket) => {
    onTestFinished(() => void socket.destroy())
    resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const isPending = async (work: Promise<unknown>): Promise<boolean> => {
  const nothing = Symbol('nothing')
  const first = await Promise.race([work.catch(() => undefined), new Promise((done) => setImmediate(done, nothing))])
  return first === nothing
}

describe('connectWorker', { timeout: 30_000 }, () => {
  it('tries the addresses of a name until one can be connected to, and looks them up anew each time', async () => {
    const { port } = await fakeWorker()
    const places = [0, 1]
    const asked: string[] = []
    const lookUp = async (host: string) => {
      asked.push(host)
      return ['127.0.0.2', '127.0.0.1']
    }
    const options = { ...connectOptions(`http://gpu.test:${port}`), lookUp, random: () => places.shift() ?? 0 }
    for (let time = 0; time < 2; time += 1) {
      const { client, origin } = await connectWorker(options, never)
      expect(origin).toBe(`http://127.0.0.1:${port}`)
      client.drop(stopped)
    }
    expect(asked).toEqual(['gpu.test', 'gpu.test'])
  })

  it.each([
    [
      'a name that is none',
      async () => Promise.reject(new Error('ENOTFOUND')),
      'the name cannot be looked up: ENOTFOUND',
    ],
    ['a name without an address', async () => [], 'the name has no address'],
  ])('rejects %s as connection, with the URL', async (_what, lookUp, message) => {
    const options = { ...connectOptions('http://gpu.test:1'), lookUp }
    const rejection = { fault: 'connection', message: `http://gpu.test:1: ${message}` }
    await expect(connectWorker(options, never)).rejects.toMatchObject(rejection)
  })

  it.each([
    ['another HTTP server', 'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"status":"ok"}', 'protocol'],
    ['what does not speak HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'connection'],
  ])('rejects %s', async (_what, answer, fault) => {
    const url = await somethingElse(answer)
    await expect(connectWorker(connectOptions(url), never)).rejects.toMatchObject({ fault })
  })

  it('rejects what accepts and never answers after 2 s', async () => {
    const clock = fakeClock()
    const connecting = connectWorker(connectOptions(await somethingElse(), clock), never)
    connecting.catch(() => {})
    await clock.advance(2_000)
    await expect(connecting).rejects.toMatchObject({ fault: 'connection' })
    expect(clock.pending).toBe(0)
  })

  it('rejects a worker that tells its health, and then nothing more, after 10 s', async () => {
    const clock = fakeClock()
    const { url, asked } = await healthAlone()
    const connecting = connectWorker(connectOptions(url, clock), never)
    connecting.catch(() => {})
    await asked
    await clock.advance(9_999)
    await expect(isPending(connecting)).resolves.toBe(true)
    await clock.advance(1)
    await expect(connecting).rejects.toMatchObject({ fault: 'unavailable' })
    expect(clock.pending).toBe(0)
  })

  it('goes on to the next address when nobody answers at one', async () => {
    const { port } = await fakeWorker()
    const hole = createServer((socket) => onTestFinished(() => void socket.destroy()))
    hole.listen(port, '127.0.0.2')
    await once(hole, 'listening')
    onTestFinished(() => void hole.close())
    const clock = fakeClock()
    const places = [0, 1]
    const connecting = connectWorker(
      {
        ...connectOptions(`http://gpu.test:${port}`, clock),
        lookUp: async () => ['127.0.0.2', '127.0.0.1'],
        random: () => places.shift() ?? 0,
      },
      never,
    )
    await once(hole, 'connection')
    await clock.advance(2_000)
    const { client, origin } = await connecting
    expect(origin).toBe(`http://127.0.0.1:${port}`)
    client.drop(stopped)
  })

  it('rejects a worker whose vectors are wrong', async () => {
    const { url } = await fakeWorker({ start: 'wrong' })
    await expect(connectWorker(connectOptions(url), never)).rejects.toMatchObject({ fault: 'invalid_rows' })
  })

  it('stops with the reason of its signal', async () => {
    const stop = new AbortController()
    const connecting = connectWorker(connectOptions(await somethingElse()), stop.signal)
    stop.abort(stopped)
    await expect(connecting).rejects.toBe(stopped)
  })
})
