import { connect, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { deferred, embeddingsFor, gateway, type GatewayOptions } from './gateway.ts'

const body = JSON.stringify({ model: 'tiny', input: 'one' })
const request = `POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

/** A listening gateway with one request in flight that is answered by `finish`, and one open connection. */
const inFlight = async (options: GatewayOptions = {}) => {
  const begun = deferred()
  const finish = deferred()
  const embed: EmbedFn = async (batch) => {
    begun.resolve()
    await finish.promise
    return embeddingsFor(batch.texts)
  }
  const { app, seen } = await gateway({ embed, ...options })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1', () => socket.write(request))
  await begun.promise
  const close = async (): Promise<{ readonly closed: Promise<unknown> }> => {
    const began = deferred()
    const original = app.server.close.bind(app.server)
    app.server.close = (...given) => {
      began.resolve()
      return original(...given)
    }
    const closed: Promise<unknown> = app.close()
    await began.promise
    return { closed }
  }
  return { app, seen, socket, close, finish: () => finish.resolve() }
}

const allOf = async (socket: Socket): Promise<string> => {
  const ended = deferred()
  let received = ''
  socket.on('data', (data: Buffer) => (received += data.toString()))
  socket.on('close', () => ended.resolve())
  await ended.promise
  return received
}

describe('closing', () => {
  it('[R5] finishes what is in flight, then closes the connection instead of keeping it alive', async () => {
    const { socket, close, finish } = await inFlight()
    const received = allOf(socket)
    const { closed } = await close()
    finish()
    expect(await received).toMatch(/^HTTP\/1\.1 200 OK[^{]*connection: close/i)
    await closed
  })

  it('[R5] refuses a request that arrives on an open connection with EG_SHUTTING_DOWN', async () => {
    const { app, seen, close, finish, socket } = await inFlight()
    const accepted = deferred<Socket>()
    app.server.once('connection', (late: Socket) => accepted.resolve(late))
    const { port } = app.server.address() as AddressInfo
    const late = connect(port, '127.0.0.1', () => late.write(request.slice(0, 20)))
    const received = allOf(late)
    const atServer = await accepted.promise
    while (atServer.bytesRead < 20) await new Promise((resolve) => setImmediate(resolve))
    const { closed } = await close()
    late.write(request.slice(20))
    expect(await received).toMatch(/^HTTP\/1\.1 503[^{]*connection: close[^{]*{"error":.*EG_SHUTTING_DOWN/i)
    expect(seen).toHaveLength(1)
    finish()
    await Promise.all([closed, allOf(socket)])
  })

  it('[R5] waits for a body that trickles in for the grace period, and no longer', async () => {
    const clock = fakeClock()
    const { app, close, finish, socket } = await inFlight({ clock, server: { shutdownGraceMs: 5_000 } })
    const accepted = deferred<Socket>()
    app.server.once('connection', (slow: Socket) => accepted.resolve(slow))
    const { port } = app.server.address() as AddressInfo
    const slow = connect(port, '127.0.0.1', () => slow.write(request.slice(0, -1)))
    const received = allOf(slow)
    const atServer = await accepted.promise
    while (atServer.bytesRead < request.length - 1) await new Promise((resolve) => setImmediate(resolve))
    const { closed } = await close()
    finish()
    await allOf(socket)
    const progress = { isClosed: false }
    const whenClosed = closed.then(() => (progress.isClosed = true))
    await clock.advance(4_999)
    expect(progress.isClosed).toBe(false)
    await clock.advance(1)
    await whenClosed
    expect(await received).toBe('')
    expect(clock.pending).toBe(0)
  })
})
