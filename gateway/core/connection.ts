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
  const runs = ends.get(response) ?? watch(response, socket)
  runs.add(run)
  return () => runs.delete(run)
}

/** What runs at the end of a response; all who ask for one response share its listener. */
const ends = new WeakMap<ServerResponse, Set<() => void>>()

const watch = (response: ServerResponse, socket: Socket): Set<() => void> => {
  const runs = new Set<() => void>()
  const answering = answeringOn(socket)
  const end = (): void => {
    ends.delete(response)
    answering.delete(end)
    response.removeListener('close', end)
    for (const run of runs) run()
  }
  ends.set(response, runs)
  answering.add(end)
  response.on('close', end)
  return runs
}

/** The ends of the responses that a socket has under way. */
const sockets = new WeakMap<Socket, Set<() => void>>()

const answeringOn = (socket: Socket): Set<() => void> => {
  const known = sockets.get(socket)
  if (known !== undefined) return known
  const answering = new Set<() => void>()
  sockets.set(socket, answering)
  socket.once('close', () => {
    for (const end of answering) end()
  })
  return answering
}
