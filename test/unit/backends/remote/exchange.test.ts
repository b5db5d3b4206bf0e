import type { LookupFunction } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { endpointOf } from '../../../../backends/remote/endpoint.ts'
import {
  openExchange,
  type Exchange,
  type ExchangeOptions,
  type Question,
} from '../../../../backends/remote/exchange.ts'
import { untilAbort } from '../../../../backends/remote/receive.ts'
import { until } from '../../../support/gateway.ts'
import { startUpstream, type ScriptedUpstream } from '../../../faults/scripted-upstream.ts'

const upstreams: ScriptedUpstream[] = []
const exchanges: Exchange[] = []
const upstreamAt = async (host?: string, port?: number): Promise<ScriptedUpstream> => {
  const upstream = await startUpstream(host, port)
  upstreams.push(upstream)
  return upstream
}
const exchangeWith = (url: string, options: Partial<ExchangeOptions> = {}): Exchange => {
  const exchange = openExchange(endpointOf({ url }, 'backends.remote'), { connections: 4, ...options })
  exchanges.push(exchange)
  return exchange
}
const question = (over: Partial<Question> = {}): Question => ({
  route: '/embeddings',
  body: JSON.stringify({ input: ['text'] }),
  maxBytes: 10_000,
  until: untilAbort(new AbortController().signal),
  ...over,
})
/** A connection can be used again a turn after its answer was read. */
const untilIdle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
afterEach(async () => {
  vi.useRealTimers()
  for (const upstream of upstreams.splice(0)) await upstream[Symbol.asyncDispose]()
  await Promise.all(exchanges.splice(0).map((exchange) => exchange.close()))
})

describe('an exchange with an engine', () => {
  it('asks for the address again once a connection is old, so that a name may move', async () => {
    const first = await upstreamAt('127.0.0.1')
    const second = await upstreamAt('127.0.0.2', first.port)
    let address = '127.0.0.1'
    const lookup: LookupFunction = (_host, { all }, done) =>
      all ? done(null, [{ address, family: 4 }]) : done(null, address, 4)
    const exchange = exchangeWith(`http://engine.test:${first.port}`, { lookup })
    vi.useFakeTimers({ toFake: ['Date'] })
    await exchange.send(question())
    await untilIdle()
    address = '127.0.0.2'
    await exchange.send(question())
    await untilIdle()
    expect([first.seen.length, second.seen.length]).toEqual([2, 0])
    vi.setSystemTime(Date.now() + 61_000)
    await exchange.send(question())
    expect([first.seen.length, second.seen.length]).toEqual([2, 1])
  })

  it('keeps its connection between requests', async () => {
    const upstream = await upstreamAt()
    const exchange = exchangeWith(upstream.url)
    for (let request = 0; request < 5; request++) {
      await exchange.send(question())
      await untilIdle()
    }
    expect(upstream.connections()).toBe(1)
  })

  it('refuses at once what would wait for a connection, but not questions about health', async () => {
    const upstream = await upstreamAt()
    upstream.fault = 'hangs before its headers'
    const exchange = exchangeWith(upstream.url, { connections: 2 })
    const stop = new AbortController()
    const hanging = [1, 2].map(() =>
      exchange.send(question({ until: untilAbort(stop.signal) })).catch((error: unknown) => error),
    )
    await expect(exchange.send(question())).rejects.toMatchObject({ fault: 'no_place', outcome: 'overload' })
    expect(await exchange.statusOf('/models', stop.signal)).toBe(200)
    stop.abort(new Error('enough'))
    await Promise.all(hanging)
    upstream.fault = undefined
    expect((await exchange.send(question())).status).toBe(200)
  })

  it('counts what was given up as long as it waits for a connection', async () => {
    const upstream = await upstreamAt()
    const waitingForName: (() => void)[] = []
    let isNameKnown = false
    const lookup: LookupFunction = (_host, { all }, done) => {
      const answer = () => (all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4))
      if (isNameKnown) answer()
      else waitingForName.push(answer)
    }
    const exchange = exchangeWith(`http://engine.test:${upstream.port}`, { lookup, connections: 1 })
    const stop = new AbortController()
    const reason = new Error('enough')
    const waiting = exchange.send(question({ until: untilAbort(stop.signal) }))
    stop.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(exchange.send(question())).rejects.toMatchObject({ fault: 'no_place', outcome: 'overload' })
    isNameKnown = true
    for (const answer of waitingForName) answer()
    await until(async () => (await exchange.send(question()).catch(() => undefined))?.status === 200)
    expect(upstream.seen).toHaveLength(1)
  })

  it('counts nothing that was given up before it began', async () => {
    const { url } = await upstreamAt()
    const exchange = exchangeWith(url, { connections: 1 })
    const gone = exchange.send(question({ until: untilAbort(AbortSignal.abort(new Error('gone'))) }))
    await expect(gone).rejects.toThrow('gone')
    expect((await exchange.send(question())).status).toBe(200)
  })

  it('keeps its connection when the list of models is long', async () => {
    const upstream = await upstreamAt()
    upstream.models = Array.from({ length: 4_000 }, (_, model) => ({ id: `model-${model}` }))
    const exchange = exchangeWith(upstream.url)
    for (let check = 0; check < 3; check++) {
      expect(await exchange.statusOf('/models', new AbortController().signal)).toBe(200)
      await untilIdle()
    }
    expect(upstream.connections()).toBe(1)
  })

  it.each(['hangs before its headers', 'hangs in its body', 'sends a byte now and then'] as const)(
    'ends with the reason of its signal when the engine %s',
    async (fault) => {
      const upstream = await upstreamAt()
      upstream.fault = fault
      const stop = new AbortController()
      const reason = new Error('enough')
      setTimeout(() => stop.abort(reason), 30)
      await expect(exchangeWith(upstream.url).send(question({ until: untilAbort(stop.signal) }))).rejects.toBe(reason)
    },
  )

  it('does not begin when its signal has been aborted', async () => {
    const { url, seen } = await upstreamAt()
    const reason = new Error('too late')
    await expect(exchangeWith(url).send(question({ until: untilAbort(AbortSignal.abort(reason)) }))).rejects.toBe(
      reason,
    )
    expect(seen).toEqual([])
  })

  it.each([
    ['resets the connection', 'connection'],
    ['closes the connection', 'connection'],
    ['resets the connection in its body', 'connection'],
    ['ends its body early', 'connection'],
    ['is no HTTP server', 'protocol'],
    ['compresses its answer', 'protocol'],
    ['sends a gzip bomb', 'protocol'],
    ['sends a gigabyte', 'protocol'],
    ['announces a gigabyte', 'protocol'],
  ] as const)('of an engine that %s is a fault of kind %s', async (fault, kind) => {
    const upstream = await upstreamAt()
    upstream.fault = fault
    await expect(exchangeWith(upstream.url).send(question())).rejects.toMatchObject({ fault: kind })
  })

  it('takes no more of a long answer than it allows, besides what the sockets hold', async () => {
    const upstream = await upstreamAt()
    upstream.fault = 'announces a gigabyte'
    await expect(exchangeWith(upstream.url).send(question())).rejects.toMatchObject({ fault: 'protocol' })
    expect(upstream.sentBytes()).toBeLessThan(16e6)
  })

  it('of an engine that is not there is a fault of the connection, and does not say where it is', async () => {
    const gone = await startUpstream()
    await gone[Symbol.asyncDispose]()
    const failed = exchangeWith(gone.url).send(question())
    await expect(failed).rejects.toMatchObject({
      fault: 'connection',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    await expect(failed).rejects.toMatchObject({ message: expect.not.stringContaining(String(gone.port)) })
  })

  it('does not follow a redirect', async () => {
    const upstream = await upstreamAt()
    upstream.fault = 'redirects'
    expect((await exchangeWith(upstream.url).send(question())).status).toBe(302)
    expect(upstream.seen).toHaveLength(1)
  })

  it('reads little of an error, however long it is', async () => {
    const upstream = await upstreamAt()
    upstream.fault = 'sends a gigabyte with a 500'
    const { status, body } = await exchangeWith(upstream.url).send(question())
    expect([status, body.length <= 16_384]).toEqual([500, true])
  })

  it('finishes what is in flight when it is closed, and takes nothing more', async () => {
    const { url } = await upstreamAt()
    const exchange = exchangeWith(url)
    const running = exchange.send(question())
    await Promise.all([exchange.close(), exchange.close()])
    expect((await running).status).toBe(200)
    await expect(exchange.send(question())).rejects.toMatchObject({ fault: 'unavailable' })
  })
})
