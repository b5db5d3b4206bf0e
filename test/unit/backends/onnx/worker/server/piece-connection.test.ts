import { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { encodeFrame, frameKind } from '../../../../../../backends/onnx/frames.ts'
import type { Engine } from '../../../../../../backends/onnx/worker/engine.ts'
import { type HeldBytes, heldBytes } from '../../../../../../backends/onnx/worker/server/held-bytes.ts'
import { answerPieces, type PieceParts } from '../../../../../../backends/onnx/worker/server/piece-connection.ts'
import { statsOf } from '../../supervisor/scripted-worker.ts'

const request = { texts: ['a'], truncate: true, tenant: 't', priority: 'bulk', deadlineMs: 1_000 }
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** An engine that answers every piece with one row of a mebibyte. */
const engine: Engine = {
  submit: () => ({
    rows: Promise.resolve({
      vectors: new Float32Array(262_144),
      dims: 262_144,
      tokens: Uint32Array.of(1),
      truncated: Uint8Array.of(0),
    }),
    work: () => ({ batchTexts: 1 }),
    cancel: () => {},
    raise: () => {},
  }),
  drain: async () => {},
  level: () => ({ texts: 0, tokens: 0 }),
}

const partsOf = (held: HeldBytes): PieceParts => ({ engine, held, stats: () => statsOf([]), tellsRunning: true })

/** A connection whose other side reads only when told to. */
const connection = () => {
  const written: (() => void)[] = []
  let reads = false
  const socket = new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => {
      if (reads) done()
      else written.push(done)
    },
  })
  const readOn = (): void => {
    reads = true
    for (const done of written.splice(0)) done()
  }
  return { socket, readOn }
}

describe('answerPieces', () => {
  it('reads no more pieces from a client that does not read its answers, until it does', async () => {
    const { socket, readOn } = connection()
    answerPieces(socket, Buffer.alloc(0), partsOf(heldBytes(1_000_000_000, 1)))
    for (let piece = 1; piece <= 63; piece += 1) {
      socket.push(encodeFrame(frameKind.embed, piece, JSON.stringify(request)))
      await settle()
    }
    expect(socket.isPaused()).toBe(false)
    for (let piece = 64; piece <= 66; piece += 1) {
      socket.push(encodeFrame(frameKind.embed, piece, JSON.stringify(request)))
      await settle()
    }
    expect(socket.isPaused()).toBe(true)
    readOn()
    while (socket.isPaused()) await settle()
    expect(socket.writableLength).toBe(0)
  })

  it('is busy while the texts that it holds are too many', async () => {
    const { socket, readOn } = connection()
    const chunks: Buffer[] = []
    readOn()
    socket.write = (chunk: Buffer) => chunks.push(chunk) > 0
    const held = heldBytes(10, 1)
    held.take(10, 0)
    answerPieces(socket, encodeFrame(frameKind.embed, 1, JSON.stringify(request)), partsOf(held))
    await settle()
    expect(chunks.map((chunk) => chunk.readUInt32LE(0))).toEqual([frameKind.fault])
    expect(chunks[0]?.toString()).toContain('"reason":"busy"')
  })
})
