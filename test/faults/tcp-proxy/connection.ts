import type { Socket } from 'node:net'
import { direction } from './direction.ts'
import type { Faults } from './faults.ts'

/** A client's connection with its own connection to the target. */
export interface Connection {
  /** To be called when the faults have changed. */
  changed(): void
  /** Swallows all bytes and ends, both ways, for ever. */
  swallow(): void
  /** Sends RST both ways. */
  reset(): void
  /** Resolves when both sockets are closed. */
  destroy(): Promise<void>
}

/** What a connection tells. */
export interface ConnectionEvents {
  passedUp(bytes: number): void
  passedDown(bytes: number): void
  /** Both sockets are closed. */
  closed(): void
}

/** @param upstream undefined: what the client says goes nowhere */
export const connection = (
  client: Socket,
  upstream: Socket | undefined,
  faults: () => Faults,
  events: ConnectionEvents,
): Connection => {
  const sockets = upstream ? [client, upstream] : [client]
  let isBlack = upstream === undefined
  const cut = (): void => {
    swallow()
    for (const socket of sockets) socket.destroySoon()
  }
  const directions = upstream
    ? [
        direction(client, upstream, () => faults().up ?? {}, { passed: (bytes) => events.passedUp(bytes), cut }),
        direction(upstream, client, () => faults().down ?? {}, { passed: (bytes) => events.passedDown(bytes), cut }),
      ]
    : []

  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const swallow = (): void => {
    isBlack = true
    for (const each of directions) each.swallow()
  }

  const closed = Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', resolve))))
  void closed.then(() => events.closed())
  for (const socket of sockets) {
    // One side that breaks, or cannot be reached, breaks the other; the end of a stream is passed on by its direction.
    socket.on('error', () => {
      if (!isBlack) reset()
    })
  }
  if (!upstream) client.resume()
  return {
    changed: () => {
      if (isBlack) return
      for (const each of directions) each.changed()
    },
    swallow,
    reset,
    destroy: async () => {
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
