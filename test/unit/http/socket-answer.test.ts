import { Duplex } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { answerOnSocket } from '../../../gateway/http/socket-answer.ts'

/** A connection whose other side never closes. */
const open = (): Duplex => new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() })

afterEach(() => void vi.useRealTimers())

describe('answerOnSocket', () => {
  it('cuts a connection that its caller keeps open, a while after the answer', () => {
    vi.useFakeTimers()
    const socket = open()
    answerOnSocket(socket, new GatewayError('EG_REQUEST_TIMEOUT', 'late'))
    vi.advanceTimersByTime(999)
    expect(socket.destroyed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(socket.destroyed).toBe(true)
  })

  it('is not disturbed by a caller that resets its connection', () => {
    const socket = open()
    answerOnSocket(socket, new GatewayError('EG_INPUT_INVALID', 'no HTTP'))
    expect(() => socket.emit('error', new Error('ECONNRESET'))).not.toThrow()
  })
})
