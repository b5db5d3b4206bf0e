import { describe, expect, it } from 'vitest'
import type { Log } from '../../../gateway/core/log.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { rateLimitedLog } from '../../../gateway/core/rate-limited-log.ts'

const setUp = () => {
  const clock = fakeClock()
  const lines: [string, object, string][] = []
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push([level, fields, message])
  const target: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  return {
    clock,
    lines,
    log: rateLimitedLog(target, clock, { everyMs: 1000, apart: (fields) => String(fields['backend']) }),
  }
}

describe('rateLimitedLog', () => {
  it('writes a message once in its time, and then how many were left out', async () => {
    const { clock, lines, log } = setUp()
    for (let n = 0; n < 5; n += 1) log.warn({ n }, 'full')
    expect(lines).toEqual([['warn', { n: 0 }, 'full']])
    await clock.advance(1000)
    log.warn({ n: 5 }, 'full')
    expect(lines[1]).toEqual(['warn', { n: 5, suppressed: 4 }, 'full'])
  })

  it('lets other messages and other levels through', () => {
    const { lines, log } = setUp()
    log.warn({}, 'a')
    log.warn({}, 'b')
    log.error({}, 'a')
    log.info({}, 'a')
    log.debug({}, 'a')
    expect(lines).toHaveLength(5)
  })

  it('lets a message through that tells of another thing', () => {
    const { lines, log } = setUp()
    for (const backend of ['one', 'two', 'one', 'two']) log.warn({ backend }, 'full')
    expect(lines.map(([, fields]) => fields)).toEqual([{ backend: 'one' }, { backend: 'two' }])
  })

  it('says nothing of left out lines when there were none', async () => {
    const { clock, lines, log } = setUp()
    log.warn({}, 'a')
    await clock.advance(5000)
    log.warn({}, 'a')
    expect(lines[1]).toEqual(['warn', {}, 'a'])
  })

  it('arms no timers and remembers a bounded number of messages', () => {
    const { clock, lines, log } = setUp()
    for (let n = 0; n <= 100; n += 1) log.warn({}, `m${n}`)
    log.warn({}, 'm0')
    expect(lines).toHaveLength(102)
    log.warn({}, 'm100')
    expect(lines).toHaveLength(102)
    expect(clock.pending).toBe(0)
  })
})
