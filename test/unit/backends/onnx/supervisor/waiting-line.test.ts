import { describe, expect, it } from 'vitest'
import { waitingLine } from '../../../../../backends/onnx/supervisor/waiting-line.ts'
import { callOf } from './scripted-worker.ts'

const live = callOf()

describe('waitingLine', () => {
  it('calls the first who came first', async () => {
    const line = waitingLine<string>()
    const [first, second] = [line.wait(live), line.wait(live)]
    line.callFirst('one')
    line.callFirst('two')
    expect([await first, await second]).toEqual(['one', 'two'])
    line.callFirst('nobody')
  })

  it('calls or fails everybody', async () => {
    const line = waitingLine<number>()
    const called = [line.wait(live), line.wait(live)]
    line.callAll(1)
    expect(await Promise.all(called)).toEqual([1, 1])
    const failed = line.wait(live)
    line.failAll(new Error('closed'))
    await expect(failed).rejects.toThrow('closed')
    expect(line.length()).toBe(0)
  })

  it('is left by those whose call ends, or had ended before', async () => {
    const line = waitingLine<number>()
    const caller = callOf()
    const waiting = line.wait(caller)
    caller.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await expect(line.wait(caller)).rejects.toThrow('gone')
    expect(line.length()).toBe(0)
  })
})
