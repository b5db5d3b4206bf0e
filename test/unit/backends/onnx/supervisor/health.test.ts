import { describe, expect, it } from 'vitest'
import { healthOf } from '../../../../../backends/onnx/supervisor/health.ts'
import type { Slot, SlotState } from '../../../../../backends/onnx/supervisor/slot.ts'
import { BackendError, GatewayError } from '../../../../../gateway/core/errors.ts'
import { type ScriptedWorker, scriptedWorker, statsOf } from './scripted-worker.ts'

const slot = (state: SlotState, worker?: ScriptedWorker, failure?: Error): Slot => ({
  name: 'worker-0',
  state: () => state,
  worker: () => worker,
  failure: () => failure,
  restarts: () => 2,
  hurry: () => {},
  stop: async () => {},
})
const silent = (): ScriptedWorker => {
  const worker = scriptedWorker()
  return { ...worker, client: { ...worker.client, health: () => Promise.reject(new Error('no answer')) } }
}
const absent = new BackendError('absent', 'no GPU')
const live = new AbortController().signal
const ask = (slots: Slot[], failure?: Error) => healthOf(slots, new Map([['worker-0', statsOf([])]]), failure, live)

describe('healthOf', () => {
  it('is up when one worker answers, and tells about each', async () => {
    expect(await ask([slot('ready', scriptedWorker()), slot('starting')])).toEqual({
      state: 'up',
      detail: '1 of 2 workers on cpu',
      facts: {
        workers: [
          {
            name: 'worker-0',
            pid: 1,
            state: 'up',
            device: 'cpu',
            provider: 'cpu',
            rssBytes: 1_000,
            queuedTokens: 7,
            restarts: 2,
          },
          { name: 'worker-0', state: 'starting', restarts: 2 },
        ],
      },
    })
  })

  it('has the code of a failure that waiting does not mend', async () => {
    const corrupt = new GatewayError('EG_MODEL_CORRUPT', '/m: is damaged')
    expect(await ask([], corrupt)).toMatchObject({ state: 'down', code: 'EG_MODEL_CORRUPT', detail: '/m: is damaged' })
    expect(await ask([slot('starting')], corrupt)).toMatchObject({ state: 'starting', code: 'EG_MODEL_CORRUPT' })
    expect(await ask([], new BackendError('unavailable', 'no memory'))).not.toHaveProperty('code')
  })

  it('is down when no worker answers, even if one was ready', async () => {
    expect(await ask([slot('ready', silent())])).toMatchObject({
      state: 'down',
      detail: 'no worker answers',
      facts: { workers: [{ state: 'silent' }] },
    })
  })

  it('is up when a worker that holds work does not answer: a batch runs, or the watchdog will tell', async () => {
    const busy = { ...silent(), outstanding: { pieces: 1, tokens: 9 } }
    expect(await ask([slot('ready', busy)])).toMatchObject({ state: 'up', facts: { workers: [{ state: 'busy' }] } })
    expect(await ask([slot('ready', { ...busy, usable: () => false })])).toMatchObject({ state: 'down' })
  })

  it('is absent when the device was not found, at the start or later', async () => {
    expect(await ask([], absent)).toMatchObject({ state: 'absent', detail: 'no GPU' })
    expect(await ask([slot('waiting', undefined, absent)])).toMatchObject({
      state: 'absent',
      facts: { workers: [{ state: 'waiting', failure: 'no GPU' }] },
    })
  })

  it('is starting while a worker loads and none is ready', async () => {
    expect(await ask([slot('starting')])).toMatchObject({ state: 'starting' })
  })

  it('is down before it was started', async () => {
    expect(await ask([])).toMatchObject({ state: 'down' })
  })
})
