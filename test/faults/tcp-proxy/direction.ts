import type { Socket } from 'node:net'
import type { StreamFaults } from './faults.ts'
import { garble } from './garble.ts'

/** One direction of a connection. */
export interface Direction {
  /** To be called when the faults have changed: what is held goes on by the new ones. */
  changed(): void
  /** Swallows everything from now on, its end too. */
  swallow(): void
}

/** What a direction tells. */
export interface DirectionEvents {
  /** So many bytes have been passed on. */
  passed(bytes: number): void
  /** The stream is cut here: the connection is to be swallowed and closed. */
  cut(): void
}

/** Bytes on their way, or the end of the stream. */
interface Parcel {
  bytes: Uint8Array | 'end'
  readonly arrivedMs: number
  /** Share of the jitter that it gets, in [0, 1). */
  readonly luck: number
}

/** More than this is left with the sender. */
const mostHeldBytes = 1_048_576
/** A limited rate is passed on in slices of so long. */
const sliceMs = 20

/** Passes what comes from one socket on to another, with the faults of the moment. */
export const direction = (from: Socket, to: Socket, faults: () => StreamFaults, events: DirectionEvents): Direction => {
  const line: Parcel[] = []
  let timer: NodeJS.Timeout | undefined
  let [heldBytes, passedBytes, nextMs] = [0, 0, 0]
  let isBlack = false

  const dueMs = ({ bytes, arrivedMs, luck }: Parcel): number => {
    const { latencyMs = 0, jitterMs = 0, closeDelayMs = 0 } = faults()
    return arrivedMs + latencyMs + luck * jitterMs + (bytes === 'end' ? closeDelayMs : 0)
  }

  /** Passes on what may go of a chunk now; returns how many of its bytes are done with. */
  const pass = (bytes: Uint8Array): number => {
    const { bytesPerSecond = Infinity, trickleMs, truncateAfterBytes = Infinity, garbage } = faults()
    const slice = trickleMs === undefined ? Math.max(1, Math.floor((bytesPerSecond * sliceMs) / 1_000)) : 1
    const left = truncateAfterBytes - passedBytes
    const part = bytes.subarray(0, Math.max(0, Math.min(slice, left)))
    if (part.length > 0) {
      to.write(garbage ? garble(part, passedBytes, garbage) : part)
      passedBytes += part.length
      events.passed(part.length)
      nextMs = performance.now() + (trickleMs ?? (part.length / bytesPerSecond) * 1_000)
    }
    if (passedBytes >= truncateAfterBytes) events.cut()
    return part.length
  }

  const step = (): void => {
    clearTimeout(timer)
    for (let head = line[0]; head; head = line[0]) {
      if (to.writableNeedDrain) return
      const waitMs = Math.max(dueMs(head), nextMs) - performance.now()
      if (waitMs > 0) {
        if (waitMs < Infinity) timer = setTimeout(step, waitMs)
        return
      }
      if (head.bytes === 'end') {
        line.length = 0
        to.end()
        return
      }
      const done = pass(head.bytes)
      heldBytes -= done
      head.bytes = head.bytes.subarray(done)
      if (head.bytes.length === 0) line.shift()
      if (heldBytes < mostHeldBytes) from.resume()
    }
  }

  const take = (bytes: Parcel['bytes']): void => {
    if (isBlack) return
    line.push({ bytes, arrivedMs: performance.now(), luck: Math.random() })
    if (bytes !== 'end') heldBytes += bytes.length
    if (heldBytes >= mostHeldBytes) from.pause()
    step()
  }

  const stop = (): void => {
    clearTimeout(timer)
    line.length = 0
    heldBytes = 0
  }

  from.on('data', take)
  from.on('end', () => take('end'))
  to.on('drain', step)
  to.once('close', stop)
  return {
    changed: () => {
      nextMs = 0
      step()
    },
    swallow: () => {
      isBlack = true
      stop()
      from.resume()
    },
  }
}
