import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { whenClosed } from '../../../gateway/core/connection.ts'

const socketLike = (closed = false): Socket => Object.assign(new EventEmitter(), { closed }) as unknown as Socket
const responseLike = (): ServerResponse => new EventEmitter() as unknown as ServerResponse

describe('whenClosed', () => {
  it('runs once, whichever closes first', () => {
    for (const closeFirst of ['response', 'socket']) {
      const [socket, response] = [socketLike(), responseLike()]
      let runs = 0
      whenClosed(response, socket, () => runs++)
      const order = closeFirst === 'response' ? [response, socket] : [socket, response]
      for (const emitter of order) emitter.emit('close')
      expect(runs).toBe(1)
    }
  })

  it('runs at once when the connection is gone already', () => {
    let runs = 0
    whenClosed(responseLike(), socketLike(true), () => runs++)
    expect(runs).toBe(1)
  })

  it('does not run once it is cancelled', () => {
    const [socket, response] = [socketLike(), responseLike()]
    whenClosed(response, socket, () => expect.unreachable())()
    response.emit('close')
    socket.emit('close')
  })

  it('tells all who ask for one response, but those who cancelled, with one listener on it', () => {
    const [socket, response] = [socketLike(), responseLike()]
    const told: number[] = []
    const cancels = [1, 2, 3].map((who) => whenClosed(response, socket, () => told.push(who)))
    cancels[1]?.()
    expect(response.listenerCount('close')).toBe(1)
    socket.emit('close')
    response.emit('close')
    expect(told).toEqual([1, 3])
    expect(response.listenerCount('close')).toBe(0)
  })

  it('tells whoever asks after the answer is out when the connection closes', () => {
    const [socket, response] = [socketLike(), responseLike()]
    let runs = 0
    whenClosed(response, socket, () => {})
    response.emit('close')
    whenClosed(response, socket, () => runs++)
    socket.emit('close')
    expect(runs).toBe(1)
  })

  it('tells every request of a connection, and keeps one listener for all of them', () => {
    const socket = socketLike()
    let runs = 0
    for (let request = 0; request < 100; request++) whenClosed(responseLike(), socket, () => runs++)
    expect(socket.listenerCount('close')).toBe(1)
    socket.emit('close')
    expect(runs).toBe(100)
  })
})
