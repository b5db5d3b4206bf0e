import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { drains } from '../../../../../plugins/admin/api/drains.ts'

describe('drains', () => {
  it('know since when, and keep that time when a backend is drained again', async () => {
    const clock = fakeClock()
    const drained = drains(clock)
    const beganAtMs = clock.wallNow()
    expect(drained.set('gpu', true)).toBe(true)
    await clock.advance(1_000)
    expect(drained.set('gpu', true)).toBe(false)
    expect([drained.sinceMs('gpu'), drained.sinceMs('cpu')]).toEqual([beganAtMs, undefined])
    drained.set('gpu', false)
    expect(drained.sinceMs('gpu')).toBeUndefined()
  })

  it('tell of every change, and of nothing else', () => {
    const drained = drains(fakeClock())
    const told: string[] = []
    drained.onChange((backend, isDrained) => told.push(`${backend} ${isDrained}`))
    for (const isDrained of [false, true, true, false]) drained.set('gpu', isDrained)
    expect(told).toEqual(['gpu true', 'gpu false'])
  })
})
