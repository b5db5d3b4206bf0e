import { getEventListeners } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../gateway/core/clock.ts'
import { CallerGone } from '../../../../gateway/core/errors.ts'
import { fakeClock } from '../../../../gateway/testing/index.ts'
import { boundedAgent, type BoundedAgent } from '../../../../plugins/proxy/bounded-agent.ts'
import { until } from '../../../support/gateway.ts'
import { startUpstream, type ScriptedUpstream } from '../../../faults/scripted-upstream.ts'

let upstream: ScriptedUpstream
let agent: BoundedAgent
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(async () => {
  await agent.destroy()
  await upstream[Symbol.asyncDispose]()
})

interface Answered {
  readonly body: NodeJS.ReadableStream
}

const answered = (): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const request = agent.request as (options: object, done: (error: Error | null, data: Answered) => void) => void
    request({ origin: upstream.url, path: '/rerank', method: 'POST', body: '{}' }, (error, data) => {
      if (error) reject(error)
      else resolve(data)
    })
  })

const ask = async (): Promise<string> => text((await answered()).body)

describe('an exchange of the proxy', () => {
  it('breaks off above its bound of bytes, however fast they come', async () => {
    agent = boundedAgent(systemClock, { timeoutMs: 60_000, maxAnswerBytes: 100_000 })
    upstream.fault = 'sends a gigabyte'
    await expect(ask()).rejects.toMatchObject({ code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' })
    expect(upstream.sentBytes()).toBeLessThan(16e6)
  })

  it.each(['hangs before its headers', 'hangs in its body'] as const)(
    'ends with EG_DEADLINE when its time is up and the engine %s',
    async (fault) => {
      const clock = fakeClock()
      agent = boundedAgent(clock, { timeoutMs: 1_000, maxAnswerBytes: 100_000 })
      upstream.fault = fault
      const asked = ask().catch((error: unknown) => error)
      while (upstream.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(1_000)
      expect(await asked).toMatchObject({ code: 'EG_DEADLINE' })
    },
  )

  it.each(['hangs before its headers', 'hangs in its body'] as const)(
    'ends when nobody waits for it any more and the engine %s',
    async (fault) => {
      const clock = fakeClock()
      agent = boundedAgent(clock, { timeoutMs: 60_000, maxAnswerBytes: 100_000 })
      upstream.fault = fault
      const gone = new AbortController()
      const asked = agent.until(gone.signal, ask).catch((error: unknown) => error)
      while (upstream.seen.length === 0) await new Promise((resolve) => setImmediate(resolve))
      gone.abort(new CallerGone())
      expect(await asked).toBe(gone.signal.reason)
      await until(() => upstream.open() === 0)
      expect(clock.pending).toBe(0)
    },
  )

  it.each([
    ['hangs before its headers', 'UND_ERR_HEADERS_TIMEOUT'],
    ['hangs in its body', 'UND_ERR_BODY_TIMEOUT'],
  ] as const)('ends before its time when the engine %s', async (fault, code) => {
    agent = boundedAgent(systemClock, { timeoutMs: 60_000, maxAnswerBytes: 100_000, headersMs: 20, silenceMs: 20 })
    upstream.fault = fault
    await expect(ask()).rejects.toMatchObject({ code })
  })

  it('keeps no timer and no listener once it is over', async () => {
    const clock = fakeClock()
    agent = boundedAgent(clock, { timeoutMs: 1_000, maxAnswerBytes: 100_000 })
    const { signal } = new AbortController()
    await agent.until(signal, ask)
    await new Promise((resolve) => setImmediate(resolve))
    expect([clock.pending, getEventListeners(signal, 'abort').length]).toEqual([0, 0])
  })
})
