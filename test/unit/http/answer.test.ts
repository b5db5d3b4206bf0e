import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { CallerGone, GatewayError } from '../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answering, ask, embeddingsFor, deferred, gateway, type ErrorAnswer, type TestGateway } from './gateway.ts'

const opened: TestGateway[] = []
const open = async (options: Parameters<typeof gateway>[0]): Promise<TestGateway> => {
  const made = await gateway(options)
  opened.push(made)
  return made
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ app }) => app.close()))
})

/** Answers when it is told to, or when its call is aborted. */
const held = (): { readonly embed: EmbedFn; readonly aborted: Promise<unknown>; readonly begun: Promise<void> } => {
  const begun = deferred()
  const aborted = deferred<unknown>()
  const embed: EmbedFn = (_batch, call) =>
    new Promise((_resolve, reject) => {
      call.signal.addEventListener('abort', () => {
        aborted.resolve(call.signal.reason)
        reject(call.signal.reason as Error)
      })
      begun.resolve()
    })
  return { embed, aborted: aborted.promise, begun: begun.promise }
}

const broken: EmbedFn = async () => {
  throw new Error('broken')
}

const body = JSON.stringify({ model: 'tiny', input: 'one' })
const rawRequest = `POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

describe('the way of every request', () => {
  it('keeps no timer once it has answered', async () => {
    const clock = fakeClock()
    const { app } = await open({ clock })
    const { pending } = clock
    await ask(app, { input: 'one' })
    expect(clock.pending).toBe(pending)
  })

  it('keeps no timer once it has failed', async () => {
    const clock = fakeClock()
    const { app } = await open({ clock, embed: broken })
    const { pending } = clock
    expect((await ask(app, { input: 'one' })).statusCode).toBe(500)
    expect(clock.pending).toBe(pending)
  })

  it('ends at its deadline with EG_DEADLINE, and tells clients not to try again', async () => {
    const clock = fakeClock()
    const { embed, begun } = held()
    const { app } = await open({ clock, embed })
    const answer = ask(app, { input: 'one' }, { 'x-stainless-timeout': '2' })
    await begun
    await clock.advance(2000)
    const response = await answer
    expect(response.statusCode).toBe(504)
    expect(response.json<ErrorAnswer>().error.code).toBe('EG_DEADLINE')
    expect(response.headers['x-should-retry']).toBe('false')
  })

  it('aborts the call when the caller closes its connection', async () => {
    const { embed, begun, aborted } = held()
    const { app } = await open({ embed })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1', () => socket.write(rawRequest))
    await begun
    socket.destroy()
    expect(await aborted).toBeInstanceOf(CallerGone)
  })

  it('aborts the call of a pipelined request too, whose response never gets a socket', async () => {
    const first = held()
    const second = held()
    let calls = 0
    const embed: EmbedFn = (batch, call) => (calls++ === 0 ? first : second).embed(batch, call)
    const { app } = await open({ embed })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1', () =>
      socket.write(rawRequest + rawRequest),
    )
    await second.begun
    socket.destroy()
    expect(await first.aborted).toBeInstanceOf(CallerGone)
    expect(await second.aborted).toBeInstanceOf(CallerGone)
  })

  it('leaves no listener on a connection that stays open', async () => {
    const { app } = await open({})
    const counts: number[] = []
    app.addHook('onRequest', (request, _reply, done) => {
      counts.push(request.raw.socket.listenerCount('close'))
      done()
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const answered = deferred()
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(rawRequest))
    socket.on('data', (data: Buffer) => {
      received += data.toString('latin1')
      const answers = received.split('HTTP/1.1 200').length - 1
      if (answers === 20) answered.resolve()
      else if (answers > counts.length - 1 && received.endsWith('}}')) socket.write(rawRequest)
    })
    await answered.promise
    socket.destroy()
    expect(counts).toHaveLength(20)
    expect(counts.at(-1)).toBe(counts[1])
  })

  it('does not abort the call of an answer that is out, whose rows others may still be waiting for', async () => {
    const { app, seen } = await open({})
    await ask(app, { input: 'one' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen[0]?.call.signal.aborted).toBe(false)
  })

  it('refuses more estimated tokens than one request may have', async () => {
    const { app, seen } = await open({ limits: { requestTokens: 10 } })
    const response = await ask(app, { input: ['a'.repeat(40)] })
    expect(response.statusCode).toBe(400)
    expect(response.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_INPUT_TOO_LONG', param: 'input' })
    expect(seen).toHaveLength(0)
  })

  it('leaves a summary for the log line and the metrics', async () => {
    const summaries: unknown[] = []
    const { app } = await open({
      embed: answering({ truncated: Uint8Array.of(1, 0) }),
      extra: (instance) =>
        instance.addHook('onResponse', (request, _reply, done) => {
          summaries.push(request.summary)
          done()
        }),
    })
    await ask(app, { input: ['one', 'two'] })
    await ask(app, { input: [] })
    await app.inject('/v1/models')
    expect(summaries).toEqual([
      {
        outcome: 'success',
        model: 'tiny',
        texts: 2,
        tokens: 10,
        backend: 'cpu',
        cache: 'miss',
        degraded: false,
        attempts: 1,
        truncated: 1,
        dimensions: 8,
      },
      { outcome: 'EG_INPUT_EMPTY' },
      null,
    ])
  })

  it('gives the chain everything it must know about the request', async () => {
    const { app, seen } = await open({})
    await ask(app, { input: 'one' }, { 'x-request-id': 'mine', 'cache-control': 'no-store' })
    expect(seen[0]?.call).toMatchObject({ requestId: 'mine', tenant: 'default', cache: 'no-store' })
    expect(seen[0]?.batch).toMatchObject({ texts: ['one'], truncate: true, minParity: 0.999 })
  })

  it('does not touch an answer of a chain that succeeds after a failure of another request', async () => {
    let calls = 0
    const embed: EmbedFn = async (batch) => {
      if (calls++ === 0) throw new GatewayError('EG_OVERLOADED', 'full', { retryAfterMs: 1500 })
      return embeddingsFor(batch.texts)
    }
    const { app } = await open({ embed })
    expect((await ask(app, { input: 'one' })).statusCode).toBe(503)
    expect((await ask(app, { input: 'one' })).headers).not.toHaveProperty('retry-after')
  })
})
