import { describe, expect, it } from 'vitest'
import { openLoop } from '../../../../bench/load/open-loop.ts'
import { recorder } from '../../../../bench/load/recorder.ts'
import type { Sender } from '../../../../bench/load/sender.ts'
import type { Clock } from '../../../../gateway/core/clock.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'

const text = () => ({ texts: ['a'], tokens: 3 })
const every10Ms = () => 10
const close = () => Promise.resolve()

describe('openLoop', () => {
  it('goes on sending while the server stalls, and counts the waiting of each request from its intended start', async () => {
    const clock = fakeClock()
    const pause = new Promise<void>((resolve) => void clock.after(200, resolve))
    const record = recorder()
    const stalled: Sender = { send: () => pause, close }
    const startMs = clock.now()
    const run = openLoop(stalled, text, every10Ms, startMs, startMs + 100, record, clock)
    await clock.advance(200)
    await run
    const { requests, latencyMs } = record.report(0.1)
    expect(requests).toBe(9)
    expect(latencyMs).toMatchObject({ p50: 150, max: 190 })
  })

  it('counts its own lateness as waiting, and says how late it was', async () => {
    const clock = fakeClock()
    const sluggish: Clock = { ...clock, now: () => clock.now(), after: (ms, run) => clock.after(ms + 30, run) }
    const record = recorder()
    const prompt: Sender = { send: () => Promise.resolve(), close }
    const run = openLoop(prompt, text, every10Ms, 0, 15, record, sluggish)
    await clock.advance(200)
    await run
    expect(record.report(1)).toMatchObject({ requests: 1, latencyMs: { max: 30 }, lateMsP99: 30 })
  })

  it('leaves out what was to begin before the counted time', async () => {
    const clock = fakeClock()
    const record = recorder()
    const startMs = clock.now() + 50
    const run = openLoop(
      { send: () => Promise.resolve(), close },
      text,
      every10Ms,
      startMs,
      startMs + 35,
      record,
      clock,
    )
    await clock.advance(200)
    await run
    expect(record.report(1).requests).toBe(4)
  })

  it('counts what comes instead of an answer by its name', async () => {
    const clock = fakeClock()
    const record = recorder()
    const refusing: Sender = { send: () => Promise.reject(new Error('http 503')), close }
    const startMs = clock.now()
    const run = openLoop(refusing, text, every10Ms, startMs, startMs + 35, record, clock)
    await clock.advance(200)
    await run
    expect(record.report(1)).toMatchObject({ requests: 0, errors: { 'http 503': 3 } })
  })
})
