import { describe, expect, it } from 'vitest'
import { openWorker } from '../../../../../backends/onnx/supervisor/worker.ts'
import type { Priority } from '../../../../../gateway/core/call.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { scriptedWorker } from './scripted-worker.ts'

/** A worker around a process that the test ends. */
const workerOf = (priority: Priority = 'bulk') => {
  const clock = fakeClock()
  const signals: string[] = []
  let end: (() => void) | undefined
  const ended = new Promise<string>((resolve) => (end = () => resolve('exit code 0')))
  const { client, about } = scriptedWorker()
  const process = {
    pid: 7,
    ready: Promise.resolve(about),
    ended,
    running: () => ({
      running: [[1, 0] as const, [1, 2] as const, [2, 1] as const],
      paddedTokens: 128,
      priority,
      predictedMs: 40,
      beganAtMs: 0,
    }),
    stop: () => void signals.push('stop'),
    kill: () => void signals.push('SIGKILL'),
  }
  return { clock, signals, end: () => end?.(), worker: openWorker(process, client, about, clock) }
}

describe('openWorker', () => {
  it('tells which rows of which pieces were running when it ended', async () => {
    const { worker, end } = workerOf()
    end()
    const { reason, how, running } = await worker.ended
    expect(reason).toBe('crash')
    expect(how).toBe('exit code 0')
    expect(running).toEqual(
      new Map([
        [1, new Set([0, 2])],
        [2, new Set([1])],
      ]),
    )
    expect(worker.usable()).toBe(false)
  })

  it('tells what is left of a bulk batch, by its prediction, and all of it once that is over', async () => {
    const { worker, clock } = workerOf()
    expect(worker.runningBulkTokens()).toBe(128)
    await clock.advance(30)
    expect(worker.runningBulkTokens()).toBe(32)
    await clock.advance(30)
    expect(worker.runningBulkTokens()).toBe(128)
    expect(workerOf('interactive').worker.runningBulkTokens()).toBe(0)
  })

  it('kills a condemned worker and keeps the reason', async () => {
    const { worker, signals, end } = workerOf()
    worker.condemn('frozen')
    expect(worker.usable()).toBe(false)
    expect(signals).toEqual(['SIGKILL'])
    end()
    expect((await worker.ended).reason).toBe('frozen')
  })

  it('counts a worker that cannot even be killed as ended after a while', async () => {
    const { worker, clock } = workerOf()
    worker.condemn('frozen')
    await clock.advance(3_000)
    expect((await worker.ended).reason).toBe('frozen')
    expect(clock.pending).toBe(0)
  })

  it('lets a worker whose socket failed end by itself, and kills it when it does not', async () => {
    const dying = workerOf()
    dying.worker.lost()
    expect(dying.worker.usable()).toBe(false)
    dying.end()
    expect((await dying.worker.ended).reason).toBe('crash')
    expect(dying.clock.pending).toBe(0)

    const living = workerOf()
    living.worker.lost()
    await living.clock.advance(500)
    expect(living.signals).toEqual(['SIGKILL'])
    living.end()
    expect((await living.worker.ended).reason).toBe('connection')
  })

  it('asks a stopped worker to end, and kills it after its grace', async () => {
    const { worker, signals, clock, end } = workerOf()
    worker.stop(5_000)
    await clock.advance(4_999)
    expect(signals).toEqual(['stop'])
    await clock.advance(1)
    expect(signals).toEqual(['stop', 'SIGKILL'])
    end()
    expect((await worker.ended).reason).toBe('stopped')
  })

  it('waits for a worker that drains by itself, but not for ever', async () => {
    const { worker, signals, clock } = workerOf()
    worker.retire()
    expect(worker.usable()).toBe(false)
    await clock.advance(9_999)
    expect(signals).toEqual([])
    await clock.advance(1)
    expect(signals).toEqual(['SIGKILL'])
  })

  it('replaces a worker after three faults of its runtime in a row', async () => {
    const { worker, end } = workerOf()
    for (const ok of [false, false, true, false, false]) worker.noteInference(ok)
    expect(worker.usable()).toBe(true)
    worker.noteInference(false)
    expect(worker.usable()).toBe(false)
    end()
    expect((await worker.ended).reason).toBe('inference')
  })
})
