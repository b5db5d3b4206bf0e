import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../../../gateway/core/clock.ts'
import { decodeRows } from '../../../../../backends/onnx/rows.ts'
import { createEngine } from '../../../../../backends/onnx/worker/engine.ts'
import { createWorkerServer } from '../../../../../backends/onnx/worker/server.ts'
import { closeServer } from '../../../../../backends/onnx/worker/server/close-server.ts'
import { listen } from '../../../../../backends/onnx/worker/server/listen.ts'
import { createStats } from '../../../../../backends/onnx/worker/stats.ts'
import { temporaryFolder } from '../tiny-model.ts'
import { fakeSession, fakeTokenizer } from './fake-session.ts'

const piece = { piece: 'p', texts: ['ab', 'c'], truncate: true, tenant: 't', priority: 'interactive' }

interface Answer {
  readonly status: number | undefined
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
}

const serve = async (token?: string, session = fakeSession()) => {
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
    onRunning: (rows) => running.push(rows),
    onLost: () => {},
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  })
  const about = { device: 'cpu', provider: 'cpu', model: 'tiny', space: 's', loadMs: 5 }
  const server = createWorkerServer({
    engine,
    token,
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
  onTestFinished(() => closeServer(server))

  const open = (method: string, url: string, headers: Record<string, string> = {}) =>
    request({ socketPath: path, method, path: url, headers, agent: false })
  const send = (method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = open(method, url, headers)
      outgoing.once('error', reject)
      outgoing.once('response', (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.once('end', () =>
          resolve({ status: incoming.statusCode, body: Buffer.concat(chunks), headers: incoming.headers }),
        )
      })
      outgoing.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
    })
  /** Resolves when the engine has `texts` texts waiting. */
  const waiting = async (texts: number): Promise<void> => {
    while (engine.level().texts !== texts) await new Promise((resolve) => setImmediate(resolve))
  }
  return { engine, session, open, send, waiting, running }
}

const faultOf = ({ status, body }: Answer) => [status, JSON.parse(body.toString()).error.reason]

describe('the server of a worker', () => {
  it('answers a piece with its rows', async () => {
    const { send } = await serve()
    const { status, headers, body } = await send('POST', '/embed', piece)
    expect([status, headers['content-type']]).toEqual([200, 'application/octet-stream'])
    expect(decodeRows(body)).toEqual({
      vectors: Float32Array.of(2, 97, 1, 99),
      dims: 2,
      tokens: Uint32Array.of(2, 1),
      truncated: Uint8Array.of(0, 0),
    })
  })

  it('answers about itself', async () => {
    const { send } = await serve()
    await send('POST', '/embed', piece)
    const health = await send('GET', '/health')
    expect(JSON.parse(health.body.toString())).toMatchObject({ state: 'up', model: 'tiny' })
    const stats = JSON.parse((await send('GET', '/stats?since=0')).body.toString())
    expect(stats).toMatchObject({ queuedTexts: 0, batches: [{ number: 1, rows: 2, tokens: 3 }] })
    expect(JSON.parse((await send('GET', '/stats?since=1')).body.toString()).batches).toEqual([])
  })

  it.each([
    ['no JSON', '{'],
    ['no texts', { ...piece, texts: [] }],
    ['texts that are not strings', { ...piece, texts: [1] }],
    ['too many texts', { ...piece, texts: Array.from({ length: 2_049 }, () => 'a') }],
    ['no piece', { ...piece, piece: undefined }],
    ['no tenant', { ...piece, tenant: undefined }],
    ['an unknown class', { ...piece, priority: 'urgent' }],
    ['no word on truncation', { ...piece, truncate: undefined }],
    ['null', 'null'],
  ])('refuses a body with %s', async (_, body) => {
    const { send } = await serve()
    expect(faultOf(await send('POST', '/embed', body))).toEqual([400, 'bad_request'])
  })

  it('refuses unknown routes', async () => {
    const { send } = await serve()
    expect(faultOf(await send('GET', '/embed'))).toEqual([400, 'bad_request'])
  })

  it('refuses a text that is too long and may not be cut', async () => {
    const { send } = await serve()
    const answer = await send('POST', '/embed', { ...piece, texts: ['a', 'far too long'], truncate: false })
    expect(faultOf(answer)).toEqual([400, 'too_long'])
  })

  it('refuses a piece whose deadline is not a number, has passed, or passes while it waits', async () => {
    const { send, session } = await serve()
    const withDeadline = (ms: string) => send('POST', '/embed', piece, { 'x-embedgate-deadline-ms': ms })
    expect(faultOf(await withDeadline('soon'))).toEqual([400, 'bad_request'])
    expect(faultOf(await withDeadline('0'))).toEqual([504, 'deadline'])
    const gate = session.holdRuns()
    expect(faultOf(await withDeadline('1'))).toEqual([504, 'deadline'])
    gate.release()
  })

  it('is busy when its queue is full', async () => {
    const { send, session, waiting, running } = await serve()
    const gate = session.holdRuns()
    const first = send('POST', '/embed', { ...piece, texts: ['a'] })
    while (running.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const second = send('POST', '/embed', { ...piece, texts: Array.from({ length: 100 }, () => 'a') })
    await waiting(100)
    expect(faultOf(await send('POST', '/embed', piece))).toEqual([503, 'busy'])
    gate.release()
    expect([(await first).status, (await second).status]).toEqual([200, 200])
  })

  it('refuses pieces while it stops, and asks to connect elsewhere', async () => {
    const { send, engine } = await serve()
    await engine.drain()
    const answer = await send('POST', '/embed', piece)
    expect(faultOf(answer)).toEqual([503, 'draining'])
    expect(answer.headers.connection).toBe('close')
  })

  it('fails a piece when the runtime does', async () => {
    const { send } = await serve(
      undefined,
      fakeSession((texts) => texts.includes('c')),
    )
    expect(faultOf(await send('POST', '/embed', piece))).toEqual([500, 'inference'])
    expect((await send('POST', '/embed', { ...piece, texts: ['ab'] })).status).toBe(200)
  })

  it('forgets the waiting texts of a dropped connection', async () => {
    const { send, open, session, waiting, running } = await serve()
    const gate = session.holdRuns()
    const first = send('POST', '/embed', { ...piece, texts: ['x'] })
    while (running.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const dropped = open('POST', '/embed')
    dropped.on('error', () => {})
    dropped.end(JSON.stringify(piece))
    await waiting(2)
    dropped.destroy()
    await waiting(0)
    gate.release()
    expect((await first).status).toBe(200)
    expect(session.runs).toEqual([['x']])
  })

  it('raises a piece', async () => {
    const { send, session, waiting, running } = await serve()
    const gate = session.holdRuns()
    const all = [send('POST', '/embed', { ...piece, texts: ['a'] })]
    while (running.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const bulk = (name: string) => ({ ...piece, piece: name, texts: [name.padEnd(8, name)], priority: 'bulk' })
    all.push(send('POST', '/embed', bulk('b')))
    await waiting(1)
    all.push(send('POST', '/embed', bulk('c')), send('POST', '/embed', bulk('d')))
    await waiting(3)
    const raised = await send('POST', '/raise', { piece: 'd', priority: 'interactive' })
    expect(raised.status).toBe(204)
    expect(faultOf(await send('POST', '/raise', { priority: 'bulk' }))).toEqual([400, 'bad_request'])
    gate.release()
    await Promise.all(all)
    expect(session.runs[1]).toEqual(['dddddddd'])
  })

  it('refuses bodies that are larger than any piece', async () => {
    const { open } = await serve()
    const status = await new Promise((resolve, reject) => {
      const outgoing = open('POST', '/embed')
      outgoing.once('response', (incoming) => {
        resolve(incoming.statusCode)
        outgoing.destroy()
      })
      outgoing.on('error', reject)
      const chunk = Buffer.alloc(1_048_576, ' ')
      for (let sent = 0; sent < 33; sent++) outgoing.write(chunk)
    })
    expect(status).toBe(400)
  })

  it('wants its token in every request, when it has one', async () => {
    const { send } = await serve('secret')
    expect(faultOf(await send('GET', '/health'))).toEqual([401, 'unauthorized'])
    expect(faultOf(await send('GET', '/health', undefined, { authorization: 'Bearer secre' }))).toEqual([
      401,
      'unauthorized',
    ])
    expect((await send('GET', '/health', undefined, { authorization: 'Bearer secret' })).status).toBe(200)
  })
})
