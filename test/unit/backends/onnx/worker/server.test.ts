import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../../../gateway/core/clock.ts'
import { encodeFrame, frameKind } from '../../../../../backends/onnx/frames.ts'
import { createEngine } from '../../../../../backends/onnx/worker/engine.ts'
import { createWorkerServer } from '../../../../../backends/onnx/worker/server.ts'
import { listen } from '../../../../../backends/onnx/worker/server/listen.ts'
import { createStats } from '../../../../../backends/onnx/worker/stats.ts'
import { temporaryFolder } from '../tiny-model.ts'
import { fakeSession, fakeTokenizer } from './fake-session.ts'
import { upgrade } from './frame-client.ts'

const piece = { texts: ['ab', 'c'], truncate: true, tenant: 't', priority: 'interactive', deadlineMs: 10_000 }
const rows = {
  vectors: Float32Array.of(2, 97, 1, 99),
  dims: 2,
  tokens: Uint32Array.of(2, 1),
  truncated: Uint8Array.of(0, 0),
}

const serve = async (token?: string, session = fakeSession(), isSupervised = true) => {
  const path = join(temporaryFolder(), 'worker.sock')
  const stats = createStats(1)
  const running: unknown[] = []
  const engine = createEngine({
    session,
    tokenizer: fakeTokenizer,
    profile: { budgetTokens: 16, overheadTokens: 4 },
    clock: systemClock,
    stats,
    maxQueuedTokens: 100,
    onRunning: (each) => running.push(each),
    onLost: () => {},
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  })
  const about = { device: 'cpu', provider: 'cpu', model: 'tiny', space: 's', instance: 'i', loadMs: 5 }
  const { server, announceStop, close } = createWorkerServer({
    engine,
    dims: 2,
    token,
    isSupervised,
    health: () => ({ state: 'up', ...about }),
    stats: (since) => ({
      pid: 1,
      rssBytes: 2,
      queuedTexts: engine.level().texts,
      queuedTokens: engine.level().tokens,
      msPerToken: 1,
      longestBatchMs: 16,
      batches: stats.after(since),
    }),
  })
  await listen(server, { path })
  let isClosed = false
  const closeOnce = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    await close()
  }
  onTestFinished(closeOnce)

  const get = async (url: string, headers: Record<string, string> = {}): Promise<[number | undefined, object]> => {
    const asked = request({ socketPath: path, path: url, headers, agent: false }).end()
    const [answer] = await once(asked, 'response')
    return [answer.statusCode, JSON.parse(await text(answer)) as object]
  }
  const dial = async () => {
    const got = await upgrade(path)
    if (!('client' in got)) throw new Error('refused')
    return got.client
  }
  /** Resolves when the engine has `count` texts waiting. */
  const waiting = async (count: number): Promise<void> => {
    while (engine.level().texts !== count) await new Promise((resolve) => setImmediate(resolve))
  }
  const busy = async (): Promise<void> => {
    while (running.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return { engine, session, path, get, dial, waiting, busy, announceStop, close: closeOnce }
}

describe('the questions of a worker', () => {
  it('are answered about itself', async () => {
    const { get, dial } = await serve()
    await (await dial()).ask(1, piece)
    expect(await get('/health')).toMatchObject([200, { state: 'up', model: 'tiny' }])
    const batch = { number: 1, rows: 2, tokens: 3 }
    expect(await get('/stats?since=0')).toMatchObject([200, { queuedTexts: 0, batches: [batch] }])
    expect(await get('/stats?since=1')).toMatchObject([200, { batches: [] }])
  })

  it.each(['/embed', '//', '/pieces', '/stats/'])('are refused when nothing is at %s', async (url) => {
    expect(await (await serve()).get(url)).toMatchObject([400, { error: { reason: 'bad_request' } }])
  })

  it('want its token, when it has one', async () => {
    const { get, path } = await serve('secret')
    const unauthorized = { error: { reason: 'unauthorized' } }
    expect(await get('/health')).toMatchObject([401, unauthorized])
    expect(await get('/health', { authorization: 'Bearer secre' })).toMatchObject([401, unauthorized])
    expect(await get('/health', { authorization: 'Bearer secret' })).toMatchObject([200, { state: 'up' }])
    expect(await upgrade(path)).toMatchObject({ answer: { statusCode: 401 } })
    expect(await upgrade(path, { authorization: 'Bearer secret' })).toHaveProperty('client')
  })
})

describe('a connection for pieces', () => {
  it('answers a piece with its rows', async () => {
    const client = await (await serve()).dial()
    expect(await client.ask(7, piece)).toEqual(rows)
  })

  it('is opened only by its own name', async () => {
    const { path } = await serve()
    expect(await upgrade(path, { upgrade: 'websocket' })).toMatchObject({ answer: { statusCode: 400 } })
    expect(await upgrade(path, {}, '/other')).toMatchObject({ answer: { statusCode: 400 } })
  })

  it.each([1, 300])('leaves nothing open of %i that were refused, whatever they sent behind', async (count) => {
    const { path, get } = await serve('secret')
    for (let each = 0; each < count; each += 1) {
      const socket = connect(path)
      socket.end('GET /pieces HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: embedgate-pieces\r\n\r\nx')
      socket.resume()
      await once(socket, 'close')
    }
    expect(await get('/health', { authorization: 'Bearer secret' })).toMatchObject([200, {}])
  })

  it('answers many pieces at once, each with its own rows', async () => {
    const client = await (await serve()).dial()
    const asked = Array.from({ length: 30 }, (_, index) =>
      client.ask(index, { ...piece, texts: ['x'.repeat(index % 8)] }),
    )
    const answers = await Promise.all(asked)
    expect(answers.map((answer) => (typeof answer === 'string' ? answer : answer.vectors[0]))).toEqual(
      answers.map((_, index) => index % 8),
    )
  })

  it.each([
    ['no JSON', '{'],
    ['no texts', { ...piece, texts: [] }],
    ['texts that are not strings', { ...piece, texts: [1] }],
    ['too many texts', { ...piece, texts: Array.from({ length: 2_049 }, () => 'a') }],
    ['no tenant', { ...piece, tenant: undefined }],
    ['an unknown class', { ...piece, priority: 'urgent' }],
    ['no word on truncation', { ...piece, truncate: undefined }],
    ['a deadline that is no number', { ...piece, deadlineMs: 'soon' }],
    ['null', 'null'],
  ])('refuses a piece with %s, and answers the next one', async (_, body) => {
    const client = await (await serve()).dial()
    expect(await client.ask(1, body)).toBe('bad_request')
    expect(await client.ask(2, piece)).toEqual(rows)
  })

  it('refuses a text that is too long and may not be cut', async () => {
    const client = await (await serve()).dial()
    expect(await client.ask(1, { ...piece, texts: ['a', 'far too long'], truncate: false })).toBe('too_long')
  })

  it('refuses a piece whose deadline has passed, or passes while it waits', async () => {
    const { dial, session } = await serve()
    const client = await dial()
    expect(await client.ask(1, { ...piece, deadlineMs: 0 })).toBe('deadline')
    const gate = session.holdRuns()
    expect(await client.ask(2, { ...piece, deadlineMs: 1 })).toBe('deadline')
    gate.release()
  })

  it('is busy when the queue is full', async () => {
    const { dial, session, waiting, busy } = await serve()
    const client = await dial()
    const gate = session.holdRuns()
    const first = client.ask(1, { ...piece, texts: ['a'] })
    await busy()
    const second = client.ask(2, { ...piece, texts: Array.from({ length: 100 }, () => 'a') })
    await waiting(100)
    expect(await client.ask(3, piece)).toBe('busy')
    gate.release()
    expect(await first).toMatchObject({ dims: 2 })
    expect(await second).toMatchObject({ dims: 2 })
  })

  it('refuses pieces while the worker stops', async () => {
    const { dial, engine } = await serve()
    const client = await dial()
    await engine.drain()
    expect(await client.ask(1, piece)).toBe('draining')
  })

  it('ends when the worker has stopped, after its last answer', async () => {
    const { dial, close } = await serve()
    const client = await dial()
    expect(await client.ask(1, piece)).toEqual(rows)
    const ended = once(client.socket, 'end')
    await close()
    await ended
  })

  it('rejects a piece with a text on which the runtime fails, and serves others', async () => {
    const { dial } = await serve(
      undefined,
      fakeSession((texts) => texts.includes('c')),
    )
    const client = await dial()
    expect(await client.ask(1, piece)).toBe('rejected')
    expect(await client.ask(2, { ...piece, texts: ['ab'] })).toMatchObject({ dims: 2 })
  })

  it('forgets the waiting texts of a piece that is cancelled, and of a connection that ends', async () => {
    const { dial, session, waiting, busy } = await serve()
    const gate = session.holdRuns()
    const [stays, leaves] = [await dial(), await dial()]
    const first = stays.ask(1, { ...piece, texts: ['x'] })
    await busy()
    void stays.ask(2, piece)
    void leaves.ask(2, piece)
    await waiting(4)
    stays.cancel(2)
    await waiting(2)
    leaves.socket.destroy()
    await waiting(0)
    gate.release()
    expect(await first).toMatchObject({ dims: 2 })
    expect(session.runs).toEqual([['x']])
  })

  it('raises a piece', async () => {
    const { dial, session, waiting, busy } = await serve()
    const client = await dial()
    const gate = session.holdRuns()
    const all = [client.ask(1, { ...piece, texts: ['a'] })]
    await busy()
    const bulk = (name: string) => ({ ...piece, texts: [name.padEnd(8, name)], priority: 'bulk' })
    all.push(client.ask(2, bulk('b')), client.ask(3, bulk('c')), client.ask(4, bulk('d')))
    await waiting(3)
    client.raise(4)
    // Frames are read in order: once this one is refused, the raise has been read.
    expect(await client.ask(5, null)).toBe('bad_request')
    gate.release()
    await Promise.all(all)
    expect(session.runs[1]).toEqual(['dddddddd'])
  })

  it.each([
    ['is larger than any piece', Buffer.from('01000000010000000100ffff', 'hex')],
    ['is of an unknown kind', encodeFrame(frameKind.rows, 1)],
    ['is about a piece in work', encodeFrame(frameKind.embed, 1, JSON.stringify(piece))],
  ])('is cut off when a frame %s', async (_, frame) => {
    const { dial, session, busy } = await serve()
    const gate = session.holdRuns()
    const client = await dial()
    void client.ask(1, piece)
    await busy()
    const closed = once(client.socket, 'close')
    client.socket.write(frame)
    await closed
    gate.release()
  })

  it('ignores what is said about pieces that are answered', async () => {
    const client = await (await serve()).dial()
    await client.ask(1, piece)
    client.cancel(1)
    client.raise(1)
    expect(await client.ask(2, piece)).toEqual(rows)
  })
})

describe('a worker without a supervisor', () => {
  it('answers questions on a connection for pieces', async () => {
    const { dial } = await serve()
    const client = await dial()
    await client.ask(1, piece)
    client.socket.write(encodeFrame(frameKind.stats, 0))
    await client.arrived(1)
    expect(client.others).toMatchObject([{ kind: frameKind.stats, body: { batches: [{ number: 1, rows: 2 }] } }])
  })

  it('tells a connection which of its rows run, and once that none does', async () => {
    const { dial } = await serve(undefined, fakeSession(), false)
    const [one, other] = [await dial(), await dial()]
    await one.ask(3, piece)
    await other.ask(4, { ...piece, texts: ['x'] })
    await other.ask(5, { ...piece, texts: ['x'] })
    await one.arrived(2)
    expect(one.others.map(({ body }) => body)).toEqual([
      [
        [3, 1],
        [3, 0],
      ],
      [],
    ])
    expect(other.others.map(({ body }) => body)).toEqual([[[4, 0]], [[5, 0]]])
  })

  it('tells connections that it stops, and ends once they have ended', async () => {
    const { dial, announceStop, close } = await serve(undefined, fakeSession(), false)
    const client = await dial()
    announceStop()
    await client.arrived(1)
    expect(client.others).toMatchObject([{ kind: frameKind.draining }])
    let isClosed = false
    const closed = close().then(() => (isClosed = true))
    expect(await client.ask(1, piece)).toEqual(rows)
    expect(isClosed).toBe(false)
    client.socket.end()
    await closed
  })
})
