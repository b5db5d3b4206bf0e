import { describe, expect, it } from 'vitest'
import { rowSource, type Try } from '../../../gateway/core/embeddings.ts'
import { attemptsOf, degradation, isDegraded, servedBy, trailOf, withTrail } from '../../../gateway/core/trail.ts'

const step = (backend: string, tier: number, outcome: Try['outcome'], reason?: string, computing = true): Try => ({
  backend,
  replica: 0,
  tier,
  computing,
  outcome,
  durationMs: 1,
  ...(reason !== undefined && { reason }),
})
const gpu = step('gpu', 0, 'success')
const cpu = step('cpu', 1, 'success')
const stale = step('shelf', 2, 'success', undefined, false)

describe('a trail', () => {
  it('says which backend served: the lowest computing tier that made a row, or cached', () => {
    expect(servedBy([gpu])).toBe('gpu')
    expect(servedBy([gpu, cpu])).toBe('cpu')
    expect(servedBy([cpu, gpu])).toBe('cpu')
    expect(servedBy([step('gpu', 0, 'failure', 'crash'), stale])).toBe('cached')
    expect(servedBy([])).toBe('cached')
  })

  it('is degraded when a tier that is present was lost before the one that answered', () => {
    expect(degradation([step('gpu', 0, 'failure', 'crash'), cpu])).toEqual({ from: 'gpu', to: 'cpu', reason: 'crash' })
    expect(degradation([step('gpu', 0, 'skipped', 'starting'), cpu])).toMatchObject({ reason: 'starting' })
    expect(degradation([step('gpu', 0, 'failure', 'crash'), step('cpu', 1, 'failure', 'timeout'), stale])).toEqual({
      from: 'gpu',
      to: 'shelf',
      reason: 'crash',
    })
  })

  it('is not degraded by an absent device, by another replica of the same tier, or by stored rows', () => {
    expect(degradation([step('gpu', 0, 'skipped', 'absent'), cpu])).toBeUndefined()
    expect(degradation([step('gpu', 0, 'neutral', 'absent'), cpu])).toBeUndefined()
    expect(degradation([step('gpu', 0, 'skipped', 'looked_for'), cpu])).toBeUndefined()
    expect(degradation([step('cpu', 1, 'failure', 'crash'), cpu])).toBeUndefined()
    expect(degradation([])).toBeUndefined()
    expect(degradation([step('cpu', 1, 'failure', 'crash')])).toBeUndefined()
  })

  it('counts real tries, not tiers that were skipped', () => {
    expect(attemptsOf([step('gpu', 0, 'skipped', 'down'), step('cpu', 1, 'failure', 'crash'), stale])).toBe(2)
  })

  it('makes an answer degraded by any stale row, not by fresh or joined ones', () => {
    const source = (...rows: number[]) => Uint8Array.from(rows)
    expect(isDegraded({ trail: [], source: source(rowSource.fresh, rowSource.joined, rowSource.computed) })).toBe(false)
    expect(isDegraded({ trail: [], source: source(rowSource.fresh, rowSource.stale) })).toBe(true)
    expect(isDegraded({ trail: [step('gpu', 0, 'failure', 'crash'), cpu], source: source(0) })).toBe(true)
  })

  it('stays with the error it ended in, of any class', () => {
    const error = new Error('broken')
    expect(trailOf(error)).toEqual([])
    expect(withTrail(error, [gpu])).toBe(error)
    expect(trailOf(error)).toEqual([gpu])
    expect(trailOf(withTrail('not an object', [gpu]))).toEqual([])
  })
})
