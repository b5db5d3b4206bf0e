import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { stopRequested } from '../../../../../backends/onnx/worker/shutdown.ts'
import { supervisedVariable } from '../../../../../backends/onnx/supervised.ts'

/** A process with or without a channel, which is a supervisor's or somebody else's. */
const processOf = (channel: 'open' | 'closed' | 'none', isOfSupervisor = channel !== 'none') => {
  const exits: number[] = []
  const self = Object.assign(new EventEmitter(), {
    env: isOfSupervisor ? { [supervisedVariable]: '1' } : {},
    connected: channel === 'open',
    send: channel === 'none' ? undefined : () => true,
    exit: (code: number) => exits.push(code),
  })
  let isStopped = false
  void stopRequested(self as unknown as NodeJS.Process).then(() => (isStopped = true))
  const isStoppedAfter = async (event: string, value?: unknown): Promise<boolean> => {
    // An unheard signal would end the process.
    if (event.startsWith('SIG')) expect(self.listenerCount(event)).toBe(1)
    self.emit(event, value)
    await Promise.resolve()
    return isStopped
  }
  return { isStoppedAfter, exits }
}

describe('stopRequested', () => {
  it.each(['SIGTERM', 'SIGINT'])('stops a worker without a supervisor at %s', async (signal) => {
    expect(await processOf('none').isStoppedAfter(signal)).toBe(true)
  })

  it('ends a worker without a supervisor at once when it is asked twice', async () => {
    const { isStoppedAfter, exits } = processOf('none')
    await isStoppedAfter('SIGTERM')
    expect(exits).toEqual([])
    await isStoppedAfter('SIGINT')
    expect(exits).toEqual([1])
  })

  it('is not misled by the channel of a process manager, or by the environment of a gateway', async () => {
    expect(await processOf('open', false).isStoppedAfter('SIGTERM')).toBe(true)
    expect(await processOf('none', true).isStoppedAfter('SIGTERM')).toBe(true)
    const managed = processOf('open', false)
    expect(await managed.isStoppedAfter('message', { stop: true })).toBe(false)
    expect(await managed.isStoppedAfter('disconnect')).toBe(false)
  })

  it('ignores signals to a worker with a supervisor, and stops it by message', async () => {
    const { isStoppedAfter } = processOf('open')
    expect(await isStoppedAfter('SIGTERM')).toBe(false)
    expect(await isStoppedAfter('SIGINT')).toBe(false)
    expect(await isStoppedAfter('message', {})).toBe(false)
    expect(await isStoppedAfter('message', { stop: true })).toBe(true)
  })

  it('stops a worker whose supervisor is gone', async () => {
    expect(await processOf('open').isStoppedAfter('disconnect')).toBe(true)
  })

  it('stops a worker whose supervisor was gone before it could listen', async () => {
    expect(await processOf('closed').isStoppedAfter('nothing')).toBe(true)
  })
})
