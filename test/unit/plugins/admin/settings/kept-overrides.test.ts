import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../../../gateway/config/load.ts'
import { readLimitMs } from '../../../../../gateway/config/overrides/file.ts'
import type { Override } from '../../../../../gateway/config/overrides/override.ts'
import type { Config } from '../../../../../gateway/config/schema.ts'
import { fakeClock } from '../../../../../gateway/testing/index.ts'
import { saveLimitMs } from '../../../../../plugins/admin/settings/kept-overrides.ts'
import { settings } from '../../../../../plugins/admin/settings/settings.ts'
import { hangingDisk, type DiskState } from './hanging-disk.ts'

const { config: file } = parseConfig('test.yaml', '', {})
const author = { by: 'admin', from: '127.0.0.1', requestId: 'req_1', at: '2026-11-22T01:00:00.000Z' }
const refused = { code: 'EG_CONFIG_NOT_SAVED' }
const one: Override = { key: 'retry.retries', value: 1, fileValue: 3, ...author }

/** Settings on a disk that may hang, with what was applied and logged. */
const living = (kept: readonly Override[] = []) => {
  const disk = hangingDisk(kept)
  const clock = fakeClock()
  const said: string[] = []
  const say = (_fields: object, message: string): void => void said.push(message)
  const now: { config: Config; failApply?: Error } = { config: file }
  const subject = settings({
    file,
    write: disk.write,
    apply: (config) => {
      const { failApply } = now
      delete now.failApply
      if (failApply) throw failApply
      now.config = config
    },
    clock,
    log: { debug: say, info: say, warn: say, error: say },
  })
  /** Changes the number of retries: the error that it came to, or undefined. */
  const retries = (count: number) =>
    subject.change('retry', { retries: count }, author).then(
      () => undefined,
      (error: unknown) => error,
    )
  return { subject, disk, clock, said, now, retries }
}

/** The same after a change whose save hangs: it has been answered. */
const hanging = async () => {
  const alive = living()
  alive.disk.state = 'hangs'
  const answer = alive.retries(1)
  await alive.clock.advance(saveLimitMs)
  await answer
  return alive
}

describe('a save that hangs', () => {
  it('is given up after a few seconds, with nothing changed', async () => {
    const { disk, clock, now, retries } = living()
    disk.state = 'hangs'
    const answer = retries(1)
    await clock.advance(saveLimitMs - 1)
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    expect(await answer).toMatchObject({ ...refused, message: expect.stringContaining('has not answered for 5 s') })
    expect([now.config.retry.retries, clock.pending]).toEqual([3, 0])
  })

  it('has what comes after it refused at once, so that one thread hangs and no more', async () => {
    const { subject, disk, clock, retries } = living()
    disk.state = 'hangs'
    const first = retries(1)
    const behind = retries(2)
    await clock.advance(saveLimitMs)
    expect(await Promise.all([first, behind])).toMatchObject([refused, refused])
    expect(await retries(2)).toMatchObject({ ...refused, message: expect.stringContaining('an earlier') })
    await expect(subject.revert('retry')).rejects.toMatchObject(refused)
    expect(disk.begun).toBe(1)
  })

  it('is not applied when it ends late, and the file is written over', async () => {
    const { subject, disk, clock, now, said, retries } = await hanging()
    disk.answer('works')
    await clock.advance(0)
    expect([now.config.retry.retries, disk.kept, subject.overrides()]).toEqual([3, [], []])
    expect(said.at(-1)).toContain('was taken back')
    expect(await retries(2)).toBeUndefined()
    expect(disk.kept).toEqual(subject.overrides())
  })

  it('leaves the file as it was when it fails late', async () => {
    const { disk, clock, retries } = await hanging()
    disk.answer('fails')
    await clock.advance(0)
    expect([disk.begun, disk.kept]).toEqual([1, []])
    disk.state = 'works'
    expect(await retries(2)).toBeUndefined()
  })
})

describe('a file that could not be written over', () => {
  it('is told of, and is written with the next change, even one that changes nothing', async () => {
    const { subject, disk, now, said, retries } = living()
    now.failApply = new Error('a bug')
    disk.plan = ['works', 'fails']
    expect(await retries(1)).toMatchObject({ message: 'a bug' })
    expect(disk.kept).toHaveLength(1)
    expect(said.at(-1)).toContain('overrides.json is not what is in force')
    await subject.revert('retry')
    expect(disk.kept).toEqual([])
  })
})

describe('overrides that are not read in time', () => {
  it('keep no gateway from starting, and come into force when the disk answers', async () => {
    const { subject, disk, clock, now, said } = living([one])
    disk.state = 'hangs'
    const begun = subject.begin(disk.read)
    await clock.advance(readLimitMs)
    await begun
    expect(said).toEqual([expect.stringContaining('overrides.json is not used yet')])
    expect(now.config.retry.retries).toBe(3)
    disk.answer('works')
    await clock.advance(0)
    expect([now.config.retry.retries, subject.overrides()]).toEqual([1, [one]])
    expect(said).toContain('overrides are in force')
  })

  it('are not written over by a change that knows nothing of them', async () => {
    const { subject, disk, clock, retries } = living([one])
    disk.state = 'hangs'
    const begun = subject.begin(disk.read)
    await clock.advance(readLimitMs)
    await begun
    expect(await retries(2)).toMatchObject(refused)
    await expect(subject.revert('log')).rejects.toMatchObject(refused)
    disk.answer('works')
    await clock.advance(0)
    await subject.change('log', { logLevel: 'debug' }, author)
    expect(disk.kept.map(({ key }) => key)).toEqual(['retry.retries', 'telemetry.logLevel'])
  })

  it('that the file has outlived are dropped from their file without a wait for a disk that hangs again', async () => {
    const { subject, disk, clock, said } = living([{ ...one, fileValue: 7 }])
    const begun = subject.begin(async () => {
      const found = await disk.read()
      disk.state = 'hangs'
      return found
    })
    await clock.advance(saveLimitMs)
    await begun
    expect(said.at(-1)).toContain('may not be what is in force')
    disk.answer('works')
    await clock.advance(0)
    expect(disk.kept).toEqual([])
  })
})

describe('the file of overrides, on a disk that works, fails and hangs', () => {
  const state = fc.constantFrom<DiskState[]>('works', 'fails', 'hangs')
  const step = fc.record({
    retries: fc.integer({ min: 1, max: 4 }),
    plan: fc.array(state, { maxLength: 2 }),
    answers: fc.constantFrom('works' as const, 'fails' as const, undefined),
    applies: fc.boolean(),
  })

  it('holds what is in force wherever the process ends, or the log has said that it may not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const { subject, disk, clock, now, said, retries } = living()
        const expectHonest = (): void => {
          const isSame = JSON.stringify(disk.kept) === JSON.stringify(subject.overrides())
          expect(isSame || said.some((line) => /overrides\.json (is|may) not/.test(line))).toBe(true)
          if (isSame && disk.hanging() === 0) said.length = 0
          expect(now.config.retry.retries).toBe(subject.read('retry')['retries'])
          expect(disk.hanging()).toBeLessThanOrEqual(1)
        }
        for (const { retries: count, plan, answers, applies } of steps) {
          disk.plan = [...plan]
          if (!applies) now.failApply = new Error('a bug')
          const answer = retries(count)
          await clock.advance(2 * saveLimitMs)
          delete now.failApply
          expectHonest()
          if ((await answer) === undefined) {
            expect(subject.read('retry')).toMatchObject({ retries: count })
            expect(disk.kept).toEqual(subject.overrides())
          }
          if (answers) disk.answer(answers)
          await clock.advance(0)
          expectHonest()
          disk.state = 'works'
        }
        disk.plan = []
        disk.answer('works')
        await clock.advance(saveLimitMs)
        expect(await retries(4)).toBeUndefined()
        expect(disk.kept).toEqual(subject.overrides())
      }),
      { numRuns: 300 },
    )
  })
})
