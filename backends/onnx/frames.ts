import type { Writable } from 'node:stream'

/** What a frame says; the numbers are the wire's. */
export const frameKind = {
  embed: 1,
  raise: 2,
  cancel: 3,
  rows: 4,
  fault: 5,
  stats: 6,
  running: 7,
  draining: 8,
  work: 9,
} as const

/** A frame as it arrived. */
export interface Frame {
  /** One of `frameKind`, if the other side keeps to the protocol. */
  readonly kind: number
  readonly piece: number
  /** A view of what was received. */
  readonly body: Buffer
}

/** Kind, piece and length of the body, as uint32 little-endian. */
const headerBytes = 12
const kindAt = 0
const pieceAt = 4
const lengthAt = 8

const nothing = new Uint8Array(0)

/** One frame: a header of three uint32 and the body. */
export const encodeFrame = (
  kind: (typeof frameKind)[keyof typeof frameKind],
  piece: number,
  body: string | Uint8Array = nothing,
): Buffer => {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
  const frame = Buffer.allocUnsafe(headerBytes + length)
  frame.writeUInt32LE(kind, kindAt)
  frame.writeUInt32LE(piece, pieceAt)
  frame.writeUInt32LE(length, lengthAt)
  if (typeof body === 'string') frame.write(body, headerBytes)
  else frame.set(body, headerBytes)
  return frame
}

/**
 * Writes frames to `socket`: those that are written until `later` runs what it is given leave in one system call.
 *
 * @returns to be called with each frame; as `Writable.write`, false when more waits than the high-water mark
 */
export const frameWriter = (socket: Writable, later: (flush: () => void) => void): ((frame: Buffer) => boolean) => {
  const flush = (): void => socket.uncork()
  return (frame) => {
    if (socket.writableCorked === 0) {
      socket.cork()
      later(flush)
    }
    return socket.write(frame)
  }
}

/**
 * Reads frames from a stream of bytes that is cut anywhere: gives each whole frame to `onFrame`, and keeps the rest.
 *
 * @param maxBodyBytes a longer body is not waited for
 * @returns to be called with each chunk; throws `RangeError` when a frame is too long: nothing after it can be read
 */
export const frameReader = (maxBodyBytes: number, onFrame: (frame: Frame) => void): ((chunk: Buffer) => void) => {
  let chunks: Buffer[] = []
  let heldBytes = 0
  /** Joining chunks before this many bytes are there would copy a large frame again and again. */
  let wantedBytes = headerBytes

  return (chunk) => {
    chunks.push(chunk)
    heldBytes += chunk.length
    if (heldBytes < wantedBytes) return
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    let at = 0
    for (wantedBytes = headerBytes; bytes.length - at >= wantedBytes; wantedBytes = headerBytes) {
      const length = bytes.readUInt32LE(at + lengthAt)
      if (length > maxBodyBytes)
        throw new RangeError(`a frame of ${length} bytes, at most ${maxBodyBytes} are expected`)
      wantedBytes += length
      if (bytes.length - at < wantedBytes) break
      const body = bytes.subarray(at + headerBytes, at + wantedBytes)
      const frame = { kind: bytes.readUInt32LE(at + kindAt), piece: bytes.readUInt32LE(at + pieceAt), body }
      at += wantedBytes
      onFrame(frame)
    }
    heldBytes = bytes.length - at
    chunks = heldBytes > 0 ? [bytes.subarray(at)] : []
  }
}
