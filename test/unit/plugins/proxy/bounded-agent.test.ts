import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../gateway/core/clock.ts'
import { fakeClock } from '../../../../gateway/testing/index.ts'
import { boundedAgent, type BoundedAgent } from '../../../../plugins/proxy/bounded-agent.ts'
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

  it('keeps no timer once it is over', async () => {
    const clock = fakeClock()
    agent = boundedAgent(clock, { timeoutMs: 1_000, maxAnswerBytes: 100_000 })
    await ask()
    await new Promise((resolve) => setImmediate(resolve))
    expect(clock.pending).toBe(0)
  })
})
