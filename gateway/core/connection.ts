import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Cancel } from './clock.ts'

/**
 * Calls `run` once, when the answer is out or its connection is gone, whichever is first.
 *
 * The response alone does not tell: one that waits behind an earlier answer of its connection (pipelining) never emits
 * `close` when that connection breaks. So the socket is watched too, with one listener per socket however many requests
 * it has carried: nothing piles up on kept-alive connections.
 */
export const whenClosed = (response: ServerResponse, socket: Socket, run: () => void): Cancel => {
  if (socket.closed) {
    run()
    return () => {}
  }
  const runs = runsOf(socket)
  const cancel = (): void => {
    runs.delete(once)
    response.removeListener('close', once)
  }
  const once = (): void => {
    cancel()
    run()
  }
  runs.add(once)
  response.on('close', once)
  return cancel
}

const watched = new WeakMap<Socket, Set<() => void>>()

const runsOf = (socket: Socket): Set<() => void> => {
  const known = watched.get(socket)
  if (known !== undefined) return known
  const runs = new Set<() => void>()
  watched.set(socket, runs)
  socket.once('close', () => {
    for (const run of runs) run()
  })
  return runs
}
