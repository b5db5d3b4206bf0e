import { describe, expect, it } from 'vitest'
import { frozenAfterMs, type Watch, watch } from '../../../../../backends/onnx/supervisor/watchdog.ts'
import type { WorkerStats } from '../../../../../backends/onnx/protocol.ts'
import { BackendError } from '../../../../../gateway/core/errors.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { type ScriptedWorker, scriptedWorker, statsOf } from './scripted-worker.ts'

const batch = (number: number) => ({ number, rows: 1, tokens: 1, paddedTokens: 1, waitMs: [1], inferenceMs: 1 })

/** Watches a worker whose answers are functions of the number asked for and the signal. */
const watching = (
  answers: ((since: number, signal: AbortSignal) => Promise<WorkerStats>)[],
  more: Pick<Watch, 'known' | 'receivedBytes' | 'running'> = {},
) => {
  const clock = fakeClock()
  const asked: number[] = []
  const seen: WorkerStats[] = []
  const worker: ScriptedWorker = scriptedWorker((since, signal) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    asked.push(since)
    return answer?.(since, signal) ?? Promise.reject(new Error('no answer'))
  })
  const done = watch(worker, { clock, inferenceMs: 5_000, onStats: (stats) => seen.push(stats), ...more })
  return { clock, asked, seen, worker, done }
}

const silent = (_since: number, signal: AbortSignal): Promise<WorkerStats> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })

describe('frozenAfterMs', () => {
  it('is ten times the batch, at least 1 s, at most the limit of one inference', () => {
    expect(frozenAfterMs(10, 5_000)).toBe(1_000)
    expect(frozenAfterMs(250, 5_000)).toBe(2_500)
    expect(frozenAfterMs(900, 5_000)).toBe(5_000)
    expect(frozenAfterMs(10, 300)).toBe(300)
  })
})

describe('watch', () => {
  it('asks at once and every 500 ms, for the batches it has not seen', async () => {
    const { clock, asked, seen } = watching([
      async () => statsOf([batch(1), batch(2)]),
      async () => statsOf([]),
      async () => statsOf([batch(3)]),
      async () => statsOf([]),
    ])
    await clock.advance(1_500)
    expect(asked).toEqual([0, 2, 2, 3])
    expect(seen.flatMap((stats) => stats.batches.map((each) => each.number))).toEqual([1, 2, 3])
  })

  it('kills a worker that leaves a question unanswered for ten times its longest batch', async () => {
    const { clock, worker, done } = watching([async () => statsOf([], 200), silent])
    await clock.advance(500 + 1_999)
    expect(worker.orders).toEqual([])
    await clock.advance(1)
    await done
    expect(worker.orders).toEqual(['frozen'])
  })

  it('goes by the batch that the worker has begun, where it tells, however long its longest may take', async () => {
    let running = { predictedMs: 150 }
    const { clock, worker } = watching([async () => statsOf([], 500), silent], { running: () => running })
    await clock.advance(499)
    running = { predictedMs: 120 }
    await clock.advance(1 + 1_199)
    expect(worker.orders).toEqual([])
    await clock.advance(1)
    expect(worker.orders).toEqual(['frozen'])
  })

  it('knows that a batch is over when a question has been answered that came after it', async () => {
    const running = { predictedMs: 500 }
    const { clock, worker } = watching([async () => statsOf([], 500), silent], { running: () => running })
    await clock.advance(500 + 999)
    expect(worker.orders).toEqual([])
    await clock.advance(1)
    expect(worker.orders).toEqual(['frozen'])
  })

  it('gives a worker that has begun another batch since it was asked the time of that one', async () => {
    let running = { predictedMs: 1 }
    const { clock, worker } = watching([async () => statsOf([], 500), silent], { running: () => running })
    await clock.advance(500 + 900)
    running = { predictedMs: 300 }
    await clock.advance(100 + 2_999)
    expect(worker.orders).toEqual([])
    await clock.advance(1)
    expect(worker.orders).toEqual(['frozen'])
  })

  it('goes on from what is known: no batch twice, and a limit from the first question on', async () => {
    const { clock, asked, worker } = watching([silent], { known: statsOf([batch(7)], 200) })
    await clock.advance(1_999)
    expect([asked, worker.orders]).toEqual([[7], []])
    await clock.advance(1)
    expect(worker.orders).toEqual(['frozen'])
  })

  it('waits for an answer as long as many bytes come before it', async () => {
    let bytes = 0
    const { clock, worker } = watching([silent], { known: statsOf([]), receivedBytes: () => bytes })
    for (let second = 0; second < 5; second += 1) {
      bytes += 65_536
      await clock.advance(1_000)
    }
    expect(worker.orders).toEqual([])
    bytes += 65_535
    await clock.advance(1_000)
    expect(worker.orders).toEqual(['frozen'])
  })

  it('gives a worker that was never measured the time of one inference', async () => {
    const { clock, worker, done } = watching([silent])
    await clock.advance(4_999)
    expect(worker.orders).toEqual([])
    await clock.advance(1)
    await done
    expect(worker.orders).toEqual(['frozen'])
  })

  it('blames no worker while our own event loop was blocked', async () => {
    const clock = fakeClock()
    let lateMs = 0
    const worker = scriptedWorker(silent)
    const delayed = { ...clock, now: () => clock.now() + lateMs }
    void watch(worker, { clock: delayed, inferenceMs: 5_000, onStats: () => {} })
    lateMs = 3_000
    await clock.advance(5_000)
    expect(worker.orders).toEqual([])
    await clock.advance(5_000)
    expect(worker.orders).toEqual(['frozen'])
  })

  it.each([
    ['protocol', ['protocol']],
    ['connection', ['lost']],
  ] as const)('gives up a worker whose answer is a %s fault', async (fault, orders) => {
    const { worker, done } = watching([() => Promise.reject(new BackendError(fault, 'odd'))])
    await done
    expect(worker.orders).toEqual(orders)
  })

  it('asks again when it was this process that could not open a connection', async () => {
    const { clock, asked, worker } = watching([() => Promise.reject(new BackendError('busy', 'EMFILE'))])
    await clock.advance(1_000)
    expect(asked).toHaveLength(3)
    expect(worker.orders).toEqual([])
  })

  it('stops with the worker and keeps no timer', async () => {
    const { clock, worker, done } = watching([async () => statsOf([])])
    await clock.advance(700)
    worker.end()
    await done
    expect(clock.pending).toBe(0)
  })
})
