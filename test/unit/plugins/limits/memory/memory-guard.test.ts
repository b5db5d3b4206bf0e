import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { memoryGuard } from '../../../../../plugins/limits/memory/memory-guard.ts'

const setup = () => {
  const clock = fakeClock()
  const memory = { usedBytes: 500, drops: 0, freedByDrop: 0 }
  const changes: string[] = []
  const guard = memoryGuard(clock, {
    limitBytes: 1_000,
    usedBytes: () => memory.usedBytes,
    dropCaches: () => {
      memory.drops++
      memory.usedBytes -= memory.freedByDrop
    },
    onChange: (isFull, usedBytes) => changes.push(`${isFull ? 'full' : 'free'} at ${usedBytes}`),
  })
  return { clock, memory, guard, changes }
}

describe('the memory guard', () => {
  it('[R4] drops the caches at 80 %, and refuses nothing when that helps', async () => {
    const { clock, memory, guard } = setup()
    memory.freedByDrop = 300
    memory.usedBytes = 800
    await clock.advance(5_000)
    expect(memory.drops).toBe(1)
    expect(guard.isFull()).toBe(false)
  })

  it('[R4] refuses once dropping the caches has not helped, and no longer than needed', async () => {
    const { clock, memory, guard } = setup()
    memory.usedBytes = 900
    await clock.advance(250)
    expect([memory.drops, guard.isFull()]).toEqual([1, false])
    await clock.advance(1_000)
    expect(guard.isFull()).toBe(true)
    memory.usedBytes = 749
    await clock.advance(250)
    expect(guard.isFull()).toBe(false)
  })

  it('[R4] tells once that memory is full, and once that it is free again, which it is not just below the line', async () => {
    const { clock, memory, guard, changes } = setup()
    memory.usedBytes = 800
    await clock.advance(3_000)
    memory.usedBytes = 799
    await clock.advance(3_000)
    memory.usedBytes = 750
    await clock.advance(3_000)
    expect([guard.isFull(), changes]).toEqual([true, ['full at 800']])
    memory.usedBytes = 749
    await clock.advance(3_000)
    memory.usedBytes = 799
    await clock.advance(3_000)
    expect([guard.isFull(), changes]).toEqual([false, ['full at 800', 'free at 749']])
  })

  it('[R4] does not refuse for ever what rests just below the line: it is free after 10 s without a peak', async () => {
    const { clock, memory, changes } = setup()
    memory.usedBytes = 800
    await clock.advance(3_000)
    memory.usedBytes = 780
    await clock.advance(9_000)
    memory.usedBytes = 800
    await clock.advance(250)
    memory.usedBytes = 780
    await clock.advance(9_750)
    expect(changes).toEqual(['full at 800'])
    await clock.advance(250)
    expect(changes).toEqual(['full at 800', 'free at 780'])
  })

  it('drops caches at most once a minute, however long memory is scarce or wavers about the line', async () => {
    const { clock, memory } = setup()
    for (let second = 0; second < 59; second++) {
      memory.usedBytes = second % 2 === 0 ? 801 : 799
      await clock.advance(1_000)
    }
    expect(memory.drops).toBe(1)
    memory.usedBytes = 900
    await clock.advance(60_000)
    expect(memory.drops).toBe(2)
  })

  it('drops no caches below the line, full or not', async () => {
    const { clock, memory, guard } = setup()
    memory.usedBytes = 800
    await clock.advance(55_000)
    memory.usedBytes = 799
    await clock.advance(9_000)
    expect([memory.drops, guard.isFull()]).toEqual([1, true])
  })

  it('looks at the memory no more once it is stopped', () => {
    const { clock, guard } = setup()
    guard.stop()
    expect(clock.pending).toBe(0)
  })
})
