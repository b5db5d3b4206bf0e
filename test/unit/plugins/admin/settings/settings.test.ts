import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../../../gateway/config/load.ts'
import type { Override } from '../../../../../gateway/config/overrides/override.ts'
import type { Config } from '../../../../../gateway/config/schema.ts'
import { noLog } from '../../../../../gateway/core/log.ts'
import { fakeClock } from '../../../../../gateway/testing/index.ts'
import { settings } from '../../../../../plugins/admin/settings/settings.ts'

const { config: file } = parseConfig('test.yaml', '', {})
const author = { by: 'admin', from: '127.0.0.1', requestId: 'req_1', at: '2026-11-22T01:00:00.000Z' }

/** Settings, with what was applied and saved last. */
const living = () => {
  const now: { config?: Config; saved: readonly Override[]; failSave?: Error; failApply?: Error } = { saved: [] }
  const subject = settings({
    file,
    write: async (next) => {
      if (now.failSave) throw now.failSave
      now.saved = next
    },
    apply: (config) => {
      const { failApply } = now
      delete now.failApply
      if (failApply) throw failApply
      now.config = config
    },
    clock: fakeClock(),
    log: noLog,
  })
  return { subject, now }
}

describe('settings', () => {
  it('begin with the overrides of earlier runs', async () => {
    const { subject, now } = living()
    const overrides = [{ key: 'retry.retries', value: 1, fileValue: 3, ...author }]
    await subject.begin(async () => ({ overrides, warnings: [] }))
    expect(now.config?.retry.retries).toBe(1)
  })

  it('take back what they give out, and nothing has changed', async () => {
    const { subject, now } = living()
    for (const section of ['circuit-breaker', 'retry', 'log'] as const) {
      const { changed } = await subject.change(section, subject.read(section), author)
      expect(changed).toEqual([])
    }
    expect(now.saved).toEqual([])
  })

  it('change what is named and leave the rest, and note who did it and what the file said', async () => {
    const { subject, now } = living()
    const { changed } = await subject.change('circuit-breaker', { burst: { failures: 3 } }, author)
    expect(changed).toEqual([{ key: 'breaker.burst.failures', before: 5, after: 3 }])
    expect(now.config?.breaker).toEqual({ ...file.breaker, burst: { ...file.breaker.burst, failures: 3 } })
    expect(now.saved).toEqual([{ key: 'breaker.burst.failures', value: 3, fileValue: 5, ...author }])
  })

  it('keep the author of a key that a later change leaves as it is', async () => {
    const { subject } = living()
    await subject.change('retry', { retries: 1 }, author)
    await subject.change('retry', { retries: 1, baseMs: 50 }, { ...author, requestId: 'req_2' })
    expect(subject.overrides().map(({ key, requestId }) => [key, requestId])).toEqual([
      ['retry.retries', 'req_1'],
      ['retry.baseMs', 'req_2'],
    ])
  })

  it('have no override for a key that is as in the file again', async () => {
    const { subject } = living()
    await subject.change('retry', { retries: 1 }, author)
    await subject.change('retry', { retries: 3 }, author)
    expect(subject.overrides()).toEqual([])
  })

  it('return a section to the file, and only that one', async () => {
    const { subject, now } = living()
    await subject.change('retry', { retries: 1 }, author)
    await subject.change('log', { logLevel: 'debug' }, author)
    await subject.revert('retry')
    expect(now.config?.retry).toEqual(file.retry)
    expect(subject.overrides().map(({ key }) => key)).toEqual(['telemetry.logLevel'])
  })

  it.each([
    ['retry', { retreis: 1 }, 'retry.retreis', 'unknown key; did you mean "retries"?'],
    ['retry', { retries: 99 }, 'retry.retries', 'expected an integer from 0 to 10, got 99'],
    ['retry', { retries: null }, 'retry.retries', 'got nothing'],
    ['retry', { budget: 1 }, 'retry.budget', 'expected a map of keys'],
    ['log', { logLevel: 'loud' }, 'telemetry.logLevel', 'expected one of'],
    [
      'circuit-breaker',
      { burst: { failures: 1, minRatio: 2 } },
      'breaker.burst.minRatio',
      'expected a number from 0 to 1',
    ],
    ['retry', [], 'retry', 'expected a map of keys'],
    ['retry', undefined, 'retry', 'expected a map of keys'],
  ] as const)('refuse %s %j whole, naming the key', async (section, body, param, reason) => {
    const { subject, now } = living()
    const before = now.config
    await expect(subject.change(section, body, author)).rejects.toMatchObject({
      code: 'EG_INPUT_INVALID',
      param,
      message: expect.stringContaining(reason),
    })
    expect([now.config, now.saved]).toEqual([before, []])
  })

  it('are as before when they cannot be saved', async () => {
    const { subject, now } = living()
    const before = now.config
    now.failSave = new Error('ENOSPC: no space left on device')
    await expect(subject.change('retry', { retries: 1 }, author)).rejects.toMatchObject({ code: 'EG_CONFIG_NOT_SAVED' })
    expect([now.config, subject.overrides()]).toEqual([before, []])
    delete now.failSave
    expect((await subject.change('retry', { retries: 1 }, author)).settings).toMatchObject({ retries: 1 })
  })

  it('are as before, on the disk too, when a part of the gateway does not take them', async () => {
    const { subject, now } = living()
    now.failApply = new TypeError('a bug')
    await expect(subject.change('retry', { retries: 1 }, author)).rejects.toThrow('a bug')
    expect([now.config?.retry.retries, now.saved, subject.overrides()]).toEqual([3, [], []])
  })

  it('lose no change of two that come at once', async () => {
    const { subject, now } = living()
    const both = [{ retries: 1 }, { baseMs: 50 }]
    await Promise.all(both.map((body) => subject.change('retry', body, author)))
    expect(now.config?.retry).toMatchObject({ retries: 1, baseMs: 50 })
    expect(now.saved).toHaveLength(2)
  })

  it('are always the file with the overrides in place, and what was saved, whatever is done and fails', async () => {
    const step = fc.record({
      section: fc.constantFrom('circuit-breaker' as const, 'retry' as const),
      body: fc.constantFrom(
        { retries: 1 },
        { retries: 3, baseMs: 7 },
        { burst: { failures: 2 } },
        { rate: { ratio: 0 } },
        {},
      ),
      revert: fc.boolean(),
      fails: fc.constantFrom('no', 'save', 'apply'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const { subject, now } = living()
        for (const { section, body, revert, fails } of steps) {
          if (fails === 'save') now.failSave = new Error('full')
          if (fails === 'apply') now.failApply = new Error('bug')
          await (revert ? subject.revert(section) : subject.change(section, body, author)).catch(() => {})
          delete now.failSave
          delete now.failApply
          expect(now.saved).toEqual(subject.overrides())
          expect(subject.read('retry')).toEqual(now.config?.retry)
          expect(subject.read('circuit-breaker')).toEqual(now.config?.breaker)
          const keys = subject.overrides().map(({ key }) => key)
          expect(new Set(keys).size).toBe(keys.length)
          expect(subject.overrides().every(({ value, fileValue }) => value !== fileValue)).toBe(true)
        }
      }),
    )
  })
})
