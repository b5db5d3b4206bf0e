import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { backlog, type Charge } from '../../../../../plugins/limits/admission/backlog.ts'

/** A backlog whose rate is known: 1 000 tokens a second, with a least time of 10 ms. */
const known = async () => {
  const clock = fakeClock()
  const work = backlog(clock)
  const first = work.enter('interactive', 10)
  await clock.advance(10)
  first.answered()
  first.leave()
  const waiting: Charge[] = Array.from({ length: 400 }, () => work.enter('interactive', 10))
  for (let times = 0; times < 100; times++) {
    await clock.advance(10)
    const charge = waiting.shift()
    charge?.answered()
    charge?.leave()
  }
  const empty = (): void => waiting.splice(0).forEach((charge) => charge.leave())
  return { clock, work, empty }
}

describe('a backlog', () => {
  it('tells no wait while nobody knows how fast work is done', () => {
    const work = backlog(fakeClock())
    work.enter('interactive', 1_000)
    expect(work.waitMs('interactive')).toBeUndefined()
    expect(work.drainMs(1)).toBeUndefined()
  })

  it('tells how long what is there takes, less what runs: that does not wait', async () => {
    const { work } = await known()
    expect(work.waitMs('interactive')).toBeCloseTo(3_000 - 10, 0)
    expect(work.drainMs(500)).toBeCloseTo(500, 0)
  })

  it('tells no wait when nothing is there, however slow the work was', async () => {
    const { work, empty } = await known()
    empty()
    expect(work.waitMs('interactive')).toBe(0)
    expect(work.waitMs('bulk')).toBe(0)
  })

  it('lets interactive work wait for the share of bulk, and bulk for everything', async () => {
    const { work, empty } = await known()
    empty()
    work.enter('bulk', 10_000)
    expect(work.waitMs('interactive')).toBe(0)
    work.enter('interactive', 400)
    expect(work.waitMs('interactive')).toBeCloseTo(400 + 100 - 10, 0)
    expect(work.waitMs('bulk')).toBeCloseTo(10_400 - 10, 0)
  })

  it('stands still when nothing was done for a second, and moves again when something is', async () => {
    const { clock, work } = await known()
    await clock.advance(1_000)
    expect(work.hasStalled()).toBe(false)
    await clock.advance(1)
    expect(work.hasStalled()).toBe(true)
    const charge = work.enter('interactive', 10)
    expect(work.hasStalled()).toBe(true)
    charge.worked(1)
    expect(work.hasStalled()).toBe(false)
  })

  it('stands still later where answers take longer', async () => {
    const clock = fakeClock()
    const work = backlog(clock)
    const first = work.enter('interactive', 10)
    await clock.advance(900)
    first.answered()
    first.leave()
    work.enter('interactive', 10)
    await clock.advance(4_500)
    expect(work.hasStalled()).toBe(false)
    await clock.advance(1)
    expect(work.hasStalled()).toBe(true)
  })

  it('does not stand still while there is no work, nor as soon as some comes', async () => {
    const { clock, work, empty } = await known()
    empty()
    await clock.advance(60_000)
    expect(work.hasStalled()).toBe(false)
    work.enter('interactive', 10)
    expect(work.hasStalled()).toBe(false)
  })

  it('moves what is raised, and counts what is done of a request at once', async () => {
    const { work, empty } = await known()
    empty()
    const charge = work.enter('bulk', 1_000)
    charge.worked(400)
    expect(work.waitMs('bulk')).toBeCloseTo(590, 0)
    charge.raise('interactive')
    expect(work.waitMs('interactive')).toBeCloseTo(590, 0)
    charge.worked(5_000)
    expect(work.waitMs('interactive')).toBe(0)
    charge.answered()
    charge.leave()
    expect(work.waitMs('bulk')).toBe(0)
  })
})
