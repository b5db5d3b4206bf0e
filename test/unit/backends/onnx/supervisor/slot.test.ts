import { describe, expect, it } from 'vitest'
import { openSlot } from '../../../../../backends/onnx/supervisor/slot.ts'
import type { Worker } from '../../../../../backends/onnx/supervisor/worker.ts'
import { BackendError } from '../../../../../gateway/core/errors.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { type ScriptedWorker, scriptedWorker } from './scripted-worker.ts'

/** A slot whose starts the test settles. */
const slotOf = () => {
  const clock = fakeClock()
  const told: string[] = []
  const starts: {
    succeed(worker: Worker): void
    fail(error: Error): void
    giveUp(reason: Error): void
    signal: AbortSignal
  }[] = []
  const slot = openSlot(
    'worker-0',
    clock,
    (signal, giveUp) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        starts.push({ succeed: resolve, fail: reject, giveUp, signal })
      }),
    {
      ready: () => told.push('ready'),
      ended: (_worker, end) => told.push(`ended: ${end.reason}`),
      startFailed: (error) => told.push(`failed: ${error.message}`),
      restarting: (reason) => told.push(`restarting: ${reason}`),
    },
  )
  const ready = async (): Promise<ScriptedWorker> => {
    const worker = scriptedWorker()
    starts.at(-1)?.succeed(worker)
    await clock.advance(0)
    return worker
  }
  return { clock, told, starts, slot, ready }
}

describe('openSlot', () => {
  it('starts another worker at once when one has died', async () => {
    const { clock, told, starts, slot, ready } = slotOf()
    const worker = await ready()
    expect(slot.state()).toBe('ready')
    expect(slot.worker()).toBe(worker)
    worker.end('crash')
    await clock.advance(0)
    expect(slot.worker()).toBeUndefined()
    expect(starts).toHaveLength(2)
    expect(slot.restarts()).toBe(1)
    expect(told).toEqual(['ready', 'ended: crash', 'restarting: crash'])
  })

  it('waits longer after each start that fails, and remembers why it failed until one succeeds', async () => {
    const { clock, told, starts, slot, ready } = slotOf()
    starts[0]?.fail(new BackendError('unavailable', 'no memory'))
    await clock.advance(0)
    starts[1]?.fail(new BackendError('unavailable', 'no memory'))
    await clock.advance(399)
    expect(slot.state()).toBe('waiting')
    expect(slot.failure()?.message).toBe('no memory')
    await clock.advance(101)
    expect(starts).toHaveLength(3)
    await ready()
    expect(slot.failure()).toBeUndefined()
    expect(told.filter((line) => line === 'restarting: start')).toHaveLength(2)
  })

  it('looks for a missing device again after 60 s, or when it is told to hurry', async () => {
    const { clock, starts, slot } = slotOf()
    starts[0]?.fail(new BackendError('absent', 'no device'))
    await clock.advance(59_999)
    expect(starts).toHaveLength(1)
    await clock.advance(1)
    expect(starts).toHaveLength(2)
    starts[1]?.fail(new BackendError('absent', 'no device'))
    await clock.advance(0)
    slot.hurry()
    await clock.advance(0)
    expect(starts).toHaveLength(3)
  })

  it('sends nothing more to a worker that gives its device up, and looks again 60 s after its end', async () => {
    const { clock, told, starts, slot, ready } = slotOf()
    const worker = await ready()
    const tooSlow = new BackendError('absent', 'too slow')
    starts[0]?.giveUp(tooSlow)
    expect(worker.orders).toEqual(['retire'])
    expect(slot.failure()).toBe(tooSlow)
    worker.end('stopped')
    await clock.advance(59_999)
    expect([slot.state(), slot.failure()]).toEqual(['resting', tooSlow])
    expect(starts).toHaveLength(1)
    await clock.advance(1)
    await ready()
    expect(slot.failure()).toBeUndefined()
    expect(told).toEqual(['ready', 'ended: stopped', 'failed: too slow', 'restarting: absent', 'ready'])
  })

  it('stops a worker and waits for its end', async () => {
    const { clock, starts, slot, ready } = slotOf()
    const worker = await ready()
    let isStopped = false
    const stopped = slot.stop(5_000).then(() => (isStopped = true))
    await clock.advance(0)
    expect(worker.orders).toEqual(['stop'])
    expect(isStopped).toBe(false)
    worker.end('stopped')
    await stopped
    expect(slot.state()).toBe('stopped')
    expect(starts).toHaveLength(1)
  })

  it('stops while a worker loads, without telling of a failure', async () => {
    const { told, starts, slot } = slotOf()
    await slot.stop(5_000)
    expect(starts[0]?.signal.aborted).toBe(true)
    expect(told).toEqual([])
  })

  it('stops while it waits for the next start, and keeps no timer', async () => {
    const { clock, starts, slot } = slotOf()
    starts[0]?.fail(new BackendError('absent', 'no device'))
    await clock.advance(0)
    await slot.stop(5_000)
    expect(clock.pending).toBe(0)
    expect(starts).toHaveLength(1)
  })
})
