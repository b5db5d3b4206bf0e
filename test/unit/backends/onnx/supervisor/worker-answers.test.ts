import { describe, expect, it } from 'vitest'
import {
  areRunningRows,
  isFault,
  isPieceWork,
  isWorkerHealth,
  isWorkerStats,
} from '../../../../../backends/onnx/supervisor/worker-answers.ts'
import { statsOf } from './scripted-worker.ts'

const batch = { number: 1, rows: 2, tokens: 3, paddedTokens: 4, waitMs: [1, 2], inferenceMs: 5 }
const about = { state: 'up', device: 'cpu', provider: 'cpu', model: 'm', space: 's', instance: 'i', loadMs: 1 }

const batchTimes = {
  number: 1,
  texts: 1,
  paddedTokens: 4,
  queuedMs: 1,
  startedMs: 2,
  forwardFromMs: 2,
  forwardToMs: 9,
  members: ['00-1'],
}
const work = (batches: readonly object[]) => ({
  batchTexts: 1,
  times: { readFromMs: 0, readToMs: 1, answeredMs: 10, batches },
})

describe('answers of a worker', () => {
  it('are accepted when they are what the protocol says', () => {
    expect(isWorkerStats(statsOf([batch]))).toBe(true)
    expect(isWorkerHealth(about)).toBe(true)
    expect(isFault({ reason: 'busy', message: 'full' })).toBe(true)
    expect(isPieceWork({ batchTexts: 1 })).toBe(true)
    expect(isPieceWork(work([batchTimes]))).toBe(true)
    expect(areRunningRows([])).toBe(true)
    expect(areRunningRows([[1, 0]])).toBe(true)
  })

  it.each([undefined, null, 1, 'text', [], {}])('are refused when they are %j', (value) => {
    expect(isWorkerStats(value)).toBe(false)
    expect(isWorkerHealth(value)).toBe(false)
    expect(isFault(value)).toBe(false)
  })

  it('are refused when a part is missing or of another kind', () => {
    expect(isWorkerStats({ ...statsOf([]), longestBatchMs: null })).toBe(false)
    expect(isWorkerStats(statsOf([{ ...batch, waitMs: ['1'] as unknown as number[] }]))).toBe(false)
    expect(isWorkerHealth({ ...about, state: 'odd' })).toBe(false)
    expect(isWorkerHealth({ ...about, instance: undefined })).toBe(false)
    expect(isFault({ reason: 'toString', message: 'm' })).toBe(false)
    expect(isPieceWork({ batchTexts: 1, times: {} })).toBe(false)
    for (const wrong of [{ startedMs: -1 }, { startedMs: 1e12 }, { startedMs: '1' }, { members: [1] }])
      expect(isPieceWork(work([{ ...batchTimes, ...wrong }]))).toBe(false)
    expect(isPieceWork(work(Array.from({ length: 17 }, () => batchTimes)))).toBe(false)
    for (const rows of [[1], [[1]], [[1, '0']], {}]) expect(areRunningRows(rows)).toBe(false)
  })
})
