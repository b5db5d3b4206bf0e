import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type ListenOptions, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import type { Faults } from './tcp-proxy/faults.ts'

/** `expect.poll` with the patience that a busy machine needs. */
const poll = <T>(read: () => T, interval = 10) => expect.poll(read, { interval, timeout: 20_000 })

/** A server that says everything back, and ends when its client does. */
const echo = async (where: ListenOptions = { host: '127.0.0.1', port: 0 }) => {
  const sockets = new Set<Socket>()
  let received = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => (received += bytes.length))
    socket.pipe(socket)
  }).listen(where)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address() as AddressInfo | string
  const target: NetConnectOpts =
    typeof address === 'string' ? { path: address } : { host: '127.0.0.1', port: address.port }
  return { target, received: () => received, open: () => sockets.size }
}

/** A raw client that keeps what it is told. */
const client = async (proxy: TcpProxy) => {
  const socket = connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  const chunks: Buffer[] = []
  const seen: string[] = []
  socket.on('data', (bytes) => chunks.push(bytes))
  socket.on('end', () => seen.push('end'))
  socket.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code ?? 'error'))
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
    socket.once('error', () => resolve())
  })
  return {
    socket,
    /** Ends and errors, in order. */
    seen,
    chunks,
    told: () => Buffer.concat(chunks).toString('latin1'),
    untilTold: (text: string) => poll(() => Buffer.concat(chunks).toString('latin1')).toBe(text),
    untilSeen: (what: string) => poll(() => seen).toContain(what),
  }
}

const lastCounts = new WeakMap<() => number, number>()
/** Whether a count is what it was when it was asked for last. */
const hasSettled = (count: () => number): boolean => {
  const [before, now] = [lastCounts.get(count), count()]
  lastCounts.set(count, now)
  return now > 0 && before === now
}

const proxied = async (faults: Faults = {}) => {
  const server = await echo()
  const proxy = await openTcpProxy(server.target)
  onTestFinished(() => proxy.close())
  await proxy.set(faults)
  return { server, proxy }
}

describe('a TCP proxy without faults', () => {
  it('passes bytes and ends both ways, and counts them', async () => {
    const { proxy } = await proxied()
    const one = await client(proxy)
    one.socket.end('hello')
    await one.untilSeen('end')
    expect(one.told()).toBe('hello')
    expect(proxy.counts()).toMatchObject({ connections: 1, bytesUp: 5, bytesDown: 5 })
    one.socket.destroy()
    await poll(() => proxy.counts().open).toBe(0)
  })

  it('holds little for a client that does not read, and loses none of it', async () => {
    const { server, proxy } = await proxied()
    const one = await client(proxy)
    one.socket.pause()
    const large = Buffer.alloc(40_000_000, 'abcdefg')
    one.socket.end(large)
    // Everybody on the way holds what the client does not read, until all have enough.
    await poll(() => hasSettled(server.received), 300).toBe(true)
    expect(proxy.counts().bytesDown).toBeLessThan(30_000_000)
    expect(server.received()).toBeLessThan(40_000_000)
    one.socket.resume()
    await one.untilSeen('end')
    expect(Buffer.concat(one.chunks).equals(large)).toBe(true)
  })

  it('reaches Unix sockets', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'embedgate-proxy-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const { target } = await echo({ path: join(folder, 'echo.sock') })
    const proxy = await openTcpProxy(target)
    onTestFinished(() => proxy.close())
    const one = await client(proxy)
    one.socket.end('hello')
    await one.untilTold('hello')
  })

  it('closes everything when it is closed', async () => {
    const { server, proxy } = await proxied()
    const one = await client(proxy)
    one.socket.write('hello')
    await one.untilTold('hello')
    await proxy.close()
    await poll(server.open).toBe(0)
    expect(proxy.counts().open).toBe(0)
    expect((await client(proxy)).seen).toEqual(['ECONNREFUSED'])
  })

  it('resets a client whose target cannot be reached', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const proxy = await openTcpProxy({ host: '127.0.0.1', port })
    onTestFinished(() => proxy.close())
    await (await client(proxy)).untilSeen('ECONNRESET')
  })
})

describe('connections', () => {
  it('refused: new ones find no listener, open ones go on, and all is well afterwards', async () => {
    const { proxy } = await proxied()
    const open = await client(proxy)
    open.socket.write('a')
    await open.untilTold('a')
    await proxy.set({ connections: 'refuse' })
    expect((await client(proxy)).seen).toEqual(['ECONNREFUSED'])
    open.socket.write('b')
    await open.untilTold('ab')
    await proxy.set({})
    const later = await client(proxy)
    later.socket.write('c')
    await later.untilTold('c')
  })

  it('reset: open and new ones get RST, and the target too', async () => {
    const { server, proxy } = await proxied()
    const open = await client(proxy)
    open.socket.write('a')
    await open.untilTold('a')
    await proxy.set({ connections: 'reset' })
    await open.untilSeen('ECONNRESET')
    await (await client(proxy)).untilSeen('ECONNRESET')
    await poll(server.open).toBe(0)
    await proxy.set({})
    const later = await client(proxy)
    later.socket.write('c')
    await later.untilTold('c')
    expect(proxy.counts()).toMatchObject({ connections: 3, open: 1 })
  })

  it('in a black hole: accepted and open, nothing passes, nothing is closed, and those that lost bytes stay lost', async () => {
    const { server, proxy } = await proxied()
    const open = await client(proxy)
    open.socket.write('a')
    await open.untilTold('a')
    await proxy.set({ connections: 'blackhole' })
    const fresh = await client(proxy)
    fresh.socket.end('lost')
    open.socket.end('lost')
    await proxy.set({})
    const later = await client(proxy)
    later.socket.write('b')
    await later.untilTold('b')
    expect([open.told(), open.seen, fresh.told(), fresh.seen]).toEqual(['a', [], '', []])
    expect([server.received(), server.open(), proxy.counts().open]).toEqual([2, 2, 3])
  })
})

describe('the bytes of one direction', () => {
  it('are late: the answer of a connection without latency overtakes', async () => {
    const { server, proxy } = await proxied({ up: { latencyMs: 100 } })
    const direct = await openTcpProxy(server.target)
    onTestFinished(() => direct.close())
    const order: string[] = []
    const [late, early] = [await client(proxy), await client(direct)]
    late.socket.on('data', (bytes) => order.push(`late ${String(bytes)}`))
    early.socket.on('data', () => order.push('early'))
    late.socket.write('first')
    early.socket.write('x')
    await late.untilTold('first')
    expect(order).toEqual(['early', 'late first'])
  })

  it('are held as long as the latency is infinite, and go on in their order when it is not', async () => {
    const { server, proxy } = await proxied({ up: { latencyMs: Infinity } })
    const one = await client(proxy)
    one.socket.write('ab')
    one.socket.end('cd')
    const other = await client(proxy)
    other.socket.write('x')
    await proxy.set({ down: { latencyMs: 1 } })
    await one.untilSeen('end')
    expect(one.told()).toBe('abcd')
    await other.untilTold('x')
    expect(server.received()).toBe(5)
  })

  it('keep their order whatever the jitter', async () => {
    const { proxy } = await proxied({ up: { jitterMs: 20 }, down: { jitterMs: 20 } })
    const one = await client(proxy)
    const words = Array.from({ length: 50 }, (_, index) => `${index},`)
    for (const word of words) {
      one.socket.write(word)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await one.untilTold(words.join(''))
  })

  it('come in slices when the bandwidth is limited, and at once when it is not any more', async () => {
    const { proxy } = await proxied({ down: { bytesPerSecond: 1_000 } })
    const one = await client(proxy)
    one.socket.write('z'.repeat(100_000))
    await poll(() => one.chunks.length).toBeGreaterThan(2)
    expect(one.told().length).toBeLessThan(50_000)
    await proxy.set({})
    await one.untilTold('z'.repeat(100_000))
  })

  it('trickle one by one', async () => {
    const { proxy } = await proxied({ down: { trickleMs: 5 } })
    const one = await client(proxy)
    one.socket.end('hello')
    await one.untilSeen('end')
    expect(one.told()).toBe('hello')
    expect(one.chunks.map((chunk) => chunk.length)).toEqual([1, 1, 1, 1, 1])
  })

  it('stop trickling when they are told to, however long the interval was', async () => {
    const { proxy } = await proxied({ down: { trickleMs: 3_600_000 } })
    const one = await client(proxy)
    one.socket.write('hello')
    await one.untilTold('h')
    await proxy.set({})
    await one.untilTold('hello')
  })

  it('are cut: so many arrive, then the end', async () => {
    const { server, proxy } = await proxied({ down: { truncateAfterBytes: 3 } })
    const one = await client(proxy)
    one.socket.write('hello')
    await one.untilSeen('end')
    expect([one.told(), one.seen]).toEqual(['hel', ['end']])
    await poll(server.open).toBe(0)
  })

  it('are wrong at fixed places, in the direction that was named', async () => {
    const { proxy } = await proxied({ down: { garbage: { everyBytes: 4, how: 'replaced' } } })
    const one = await client(proxy)
    one.socket.write('aaaaaa')
    await poll(() => one.told().length).toBe(6)
    one.socket.write('aa')
    await one.untilTold('aaa\x9eaaa\x9e')
  })

  it('have others put in between', async () => {
    const { proxy } = await proxied({ up: { garbage: { everyBytes: 2, how: 'inserted' } } })
    const one = await client(proxy)
    one.socket.write('abcd')
    await one.untilTold('a\0bc\0d')
  })

  it('end late: all bytes are there, and the end of another connection comes first', async () => {
    const { server, proxy } = await proxied({ down: { closeDelayMs: 100 } })
    const direct = await openTcpProxy(server.target)
    onTestFinished(() => direct.close())
    const order: string[] = []
    const [late, early] = [await client(proxy), await client(direct)]
    late.socket.on('data', () => order.push('late data'))
    late.socket.on('end', () => order.push('late end'))
    early.socket.on('end', () => order.push('early end'))
    late.socket.end('hello')
    await late.untilTold('hello')
    early.socket.end()
    await late.untilSeen('end')
    expect(order).toEqual(['late data', 'early end', 'late end'])
  })
})
