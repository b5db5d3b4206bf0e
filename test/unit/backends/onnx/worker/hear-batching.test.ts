import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { hearBatching } from '../../../../../backends/onnx/worker/hear-batching.ts'

const settings = { budgetTokens: 64, overheadTokens: 'auto' } as const

/** A process with a channel, and what it was told of batching. */
const heardBy = (environment: NodeJS.ProcessEnv) => {
  const self = Object.assign(new EventEmitter(), { env: environment, send: () => true })
  const heard: unknown[] = []
  hearBatching((each) => heard.push(each), self as unknown as NodeJS.Process)
  self.emit('message', { stop: true })
  self.emit('message', { batching: settings })
  return heard
}

describe('a worker', () => {
  it('hears of batching from its supervisor', () => {
    expect(heardBy({ EMBEDGATE_SUPERVISED: '1' })).toEqual([settings])
  })

  it('does not hear of it from a process manager that runs it', () => {
    expect(heardBy({})).toEqual([])
  })
})
