import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodeFrame, type Frame, frameKind, frameReader } from '../../../../../backends/onnx/frames.ts'
import type { EmbedRequest } from '../../../../../backends/onnx/protocol.ts'
import { encodeRows } from '../../../../../backends/onnx/rows.ts'
import { pieceStream } from '../../../../../backends/onnx/supervisor/piece-stream.ts'
import { CallerGone } from '../../../../../gateway/core/errors.ts'
import { temporaryFolder } from '../tiny-model.ts'
import { callOf, rowsOf, settle } from './scripted-worker.ts'

const request = (...texts: string[]): EmbedRequest => ({
  texts,
  truncate: true,
  tenant: 't',
  priority: 'interactive',
  deadlineMs: 1_000,
})
const rowsFrame = (piece: number, texts: readonly string[]): Buffer =>
  encodeFrame(frameKind.rows, piece, encodeRows(rowsOf(texts)))

/** A stream to a worker whose frames the test reads and writes. */
const streamed = async () => {
  const path = join(temporaryFolder(), 'worker.sock')
  const frames: Frame[] = []
  const sockets: Socket[] = []
  let chunks = 0
  const server = createServer((socket) => {
    sockets.push(socket)
    const read = frameReader(1_000_000, (frame) => frames.push({ ...frame, body: Buffer.from(frame.body) }))
    socket.on('data', (chunk) => {
      chunks += 1
      read(chunk)
    })
    socket.on('error', () => {})
  })
  server.listen(path)
  await once(server, 'listening')
  const opened: Socket[] = []
  const stream = pieceStream(async () => {
    const socket = connect(path)
    await once(socket, 'connect')
    opened.push(socket)
    return socket
  }, 2)
  onTestFinished(() => {
    stream.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  /** Resolves when `count` frames have arrived. */
  const arrived = async (count: number): Promise<void> => {
    while (frames.length < count) await settle()
  }
  const answer = (...bytes: Buffer[]): void => void sockets[0]?.write(Buffer.concat(bytes))
  return { stream, frames, arrived, answer, opened, sockets, chunks: () => chunks }
}

describe('pieceStream', () => {
  it('gives each piece its own answer, in whatever order they come', async () => {
    const { stream, arrived, answer } = await streamed()
    const [first, second] = [stream.embed(1, request('a'), callOf()), stream.embed(2, request('bb', 'c'), callOf())]
    await arrived(2)
    answer(rowsFrame(2, ['bb', 'c']), rowsFrame(1, ['a']))
    expect(await first).toEqual({ rows: rowsOf(['a']) })
    expect(await second).toEqual({ rows: rowsOf(['bb', 'c']) })
  })

  it('gives what a worker tells of its work with the rows of that piece', async () => {
    const { stream, arrived, answer } = await streamed()
    const [first, second] = [stream.embed(1, request('a'), callOf()), stream.embed(2, request('b'), callOf())]
    await arrived(2)
    const work = encodeFrame(frameKind.work, 2, JSON.stringify({ batchTexts: 2 }))
    answer(work, rowsFrame(1, ['a']), rowsFrame(2, ['b']))
    expect(await first).toEqual({ rows: rowsOf(['a']) })
    expect(await second).toEqual({ rows: rowsOf(['b']), work: { batchTexts: 2 } })
  })

  it('fails when what a worker tells of its work is nonsense, and passes over what is told of a piece that has left', async () => {
    const { stream, arrived, answer } = await streamed()
    const out = stream.embed(1, request('a'), callOf())
    await arrived(1)
    answer(encodeFrame(frameKind.work, 7, 'nonsense'), encodeFrame(frameKind.work, 1, '{"batchTexts":"many"}'))
    await expect(out).rejects.toMatchObject({ fault: 'protocol' })
  })

  it('opens one connection, and sends what one turn brings in one piece', async () => {
    const { stream, arrived, answer, opened, chunks } = await streamed()
    const opening = stream.embed(1, request('a'), callOf())
    await arrived(1)
    answer(rowsFrame(1, ['a']))
    await opening
    const before = chunks()
    for (let piece = 2; piece < 20; piece += 1) stream.embed(piece, request('a'), callOf()).catch(() => {})
    await arrived(19)
    expect(chunks() - before).toBe(1)
    expect(opened).toHaveLength(1)
  })

  it('takes a piece back when its call ends, and drops an answer that comes late', async () => {
    const { stream, frames, arrived, answer } = await streamed()
    const call = callOf()
    const [gone, stays] = [stream.embed(1, request('a'), call), stream.embed(2, request('b'), callOf())]
    await arrived(2)
    const reason = new CallerGone()
    call.abort(reason)
    await expect(gone).rejects.toBe(reason)
    await arrived(3)
    expect([frames[2]?.kind, frames[2]?.piece]).toEqual([frameKind.cancel, 1])
    answer(rowsFrame(1, ['a']), rowsFrame(2, ['b']))
    expect(await stays).toEqual({ rows: rowsOf(['b']) })
  })

  it('sends nothing for a call that has ended', async () => {
    const { stream, opened } = await streamed()
    const call = callOf()
    call.abort(new CallerGone())
    await expect(stream.embed(1, request('a'), call)).rejects.toBeInstanceOf(CallerGone)
    await settle()
    expect(opened).toHaveLength(0)
  })

  it('refuses a piece that the worker would cut the connection for, and goes on', async () => {
    const { stream, arrived, answer } = await streamed()
    const large = stream.embed(1, request('x'.repeat(67_108_864)), callOf())
    await expect(large).rejects.toMatchObject({ code: 'EG_BODY_TOO_LARGE' })
    const next = stream.embed(2, request('a'), callOf())
    await arrived(1)
    answer(rowsFrame(2, ['a']))
    expect(await next).toEqual({ rows: rowsOf(['a']) })
  })

  it('is busy while the worker does not read, also when what it was sent was taken back', async () => {
    const { stream, arrived, sockets } = await streamed()
    stream.embed(1, request('a'), callOf()).catch(() => {})
    await arrived(1)
    sockets[0]?.pause()
    const text = 'x'.repeat(16_777_216)
    const refused: unknown[] = []
    for (let piece = 2; piece < 8; piece += 1) {
      const call = callOf()
      stream.embed(piece, request(text), call).catch((error: unknown) => refused.push(error))
      await settle()
      call.abort(new CallerGone())
    }
    await settle()
    expect(refused.at(0)).toBeInstanceOf(CallerGone)
    expect(refused.at(-1)).toMatchObject({ fault: 'busy' })
  })

  it('raises pieces that are out, and no others', async () => {
    const { stream, frames, arrived } = await streamed()
    stream.embed(1, request('a'), callOf()).catch(() => {})
    stream.raise(1)
    stream.raise(2)
    stream.embed(3, request('a'), callOf()).catch(() => {})
    await arrived(3)
    expect(frames.map(({ kind, piece }) => [kind, piece])).toEqual([
      [frameKind.embed, 1],
      [frameKind.raise, 1],
      [frameKind.embed, 3],
    ])
  })

  it('tells why a piece was not computed', async () => {
    const { stream, arrived, answer } = await streamed()
    const refused = stream.embed(1, request('a'), callOf())
    await arrived(1)
    answer(encodeFrame(frameKind.fault, 1, JSON.stringify({ reason: 'busy', message: 'full' })))
    expect(await refused).toEqual({ fault: { reason: 'busy', message: 'full' } })
  })

  it.each([
    ['rows that are none', encodeFrame(frameKind.rows, 1, 'garbage')],
    ['too many rows', rowsFrame(1, ['a', 'b'])],
    ['a fault without a reason', encodeFrame(frameKind.fault, 1, '{}')],
    ['a fault that is no JSON', encodeFrame(frameKind.fault, 1, '{')],
    ['a frame of another kind', encodeFrame(frameKind.cancel, 1)],
    ['a frame that is not for it, about no piece', encodeFrame(frameKind.stats, 9, '{}')],
    ['bytes that look like a frame', Buffer.from('eeeeeeee0000000000000000', 'hex')],
    ['a frame that never ends', Buffer.from('ffffffff'.repeat(3), 'hex')],
  ])('gives up a connection with %s: every piece on it fails as protocol', async (_, bytes) => {
    const { stream, arrived, answer, opened } = await streamed()
    const both = [stream.embed(1, request('a'), callOf()), stream.embed(2, request('b'), callOf())]
    await arrived(2)
    answer(bytes)
    for (const each of both) await expect(each).rejects.toMatchObject({ fault: 'protocol' })
    await expect(stream.embed(3, request('c'), callOf())).rejects.toMatchObject({ fault: 'protocol' })
    expect(opened[0]?.destroyed).toBe(true)
  })

  it('fails its pieces when the connection does, once and for all', async () => {
    const { stream, arrived, sockets } = await streamed()
    const lost = stream.embed(1, request('a'), callOf())
    await arrived(1)
    sockets[0]?.destroy()
    await expect(lost).rejects.toMatchObject({ fault: 'connection' })
    await expect(stream.embed(2, request('a'), callOf())).rejects.toMatchObject({ fault: 'connection' })
  })

  it('fails its pieces when no connection can be made', async () => {
    const stream = pieceStream(() => Promise.reject(new Error('no such file')), 2)
    await expect(stream.embed(1, request('a'), callOf())).rejects.toMatchObject({ fault: 'connection' })
  })

  it('drops a connection that is made after it was closed', async () => {
    let arrive: ((socket: Socket) => void) | undefined
    const stream = pieceStream(() => new Promise<Socket>((resolve) => (arrive = resolve)), 2)
    const waiting = stream.embed(1, request('a'), callOf())
    stream.close()
    await expect(waiting).rejects.toMatchObject({ fault: 'connection' })
    const { opened, stream: other } = await streamed()
    other.embed(1, request('a'), callOf()).catch(() => {})
    while (opened.length === 0) await settle()
    if (opened[0]) arrive?.(opened[0])
    await settle()
    expect(opened[0]?.destroyed).toBe(true)
  })

  it('closes the connection when it is to finish, after the last answer', async () => {
    const { stream, arrived, answer, sockets } = await streamed()
    const last = stream.embed(1, request('a'), callOf())
    await arrived(1)
    const ended = once(sockets[0] as Socket, 'end')
    stream.finish()
    await settle()
    expect(sockets[0]?.readableEnded).toBe(false)
    answer(rowsFrame(1, ['a']))
    await last
    await ended
  })

  it('leaves nothing on a call whose piece is answered', async () => {
    const { stream, frames, arrived, answer } = await streamed()
    const call = callOf()
    const done = stream.embed(1, request('a'), call)
    await arrived(1)
    answer(rowsFrame(1, ['a']))
    await done
    call.abort(new CallerGone())
    await settle()
    expect(frames).toHaveLength(1)
  })
})
