import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame, type Frame, frameKind, frameReader } from '../../../../backends/onnx/frames.ts'

const kinds = fc.constantFrom(...Object.values(frameKind))
const pieces = fc.integer({ min: 0, max: 0xffff_ffff })
const bodies = fc.uint8Array({ maxLength: 60 })

const cut = (bytes: Buffer, sizes: Iterator<number>): Buffer[] => {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const size = Number(sizes.next().value)
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

const readAll = (chunks: readonly Buffer[], maxBodyBytes = 100): Frame[] => {
  const frames: Frame[] = []
  const read = frameReader(maxBodyBytes, (frame) => frames.push(frame))
  chunks.forEach(read)
  return frames
}

describe('frames', () => {
  it('arrive as they were sent, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(kinds, pieces, bodies), { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (sent, sizes) => {
          const bytes = Buffer.concat(sent.map(([kind, piece, body]) => encodeFrame(kind, piece, body)))
          const got = readAll(cut(bytes, sizes))
          expect(got.map(({ kind, piece, body }) => [kind, piece, [...body]])).toEqual(
            sent.map(([kind, piece, body]) => [kind, piece, [...body]]),
          )
        },
      ),
    )
  })

  it('carry strings as UTF-8, and nothing', () => {
    const [text, nothing] = readAll([encodeFrame(frameKind.embed, 1, 'é€😀'), encodeFrame(frameKind.cancel, 2)])
    expect(text?.body.toString()).toBe('é€😀')
    expect(nothing?.body).toHaveLength(0)
  })

  it('are not waited for when they are too long', () => {
    const frame = encodeFrame(frameKind.embed, 1, new Uint8Array(101))
    expect(() => readAll([frame.subarray(0, 12)])).toThrow(RangeError)
    expect(readAll([encodeFrame(frameKind.embed, 1, new Uint8Array(100))])).toHaveLength(1)
  })
})
