import { connect, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../../../gateway/core/backend.ts'
import { systemClock, type Clock } from '../../../../gateway/core/clock.ts'
import type { EmbedFn, Layer, Where } from '../../../../gateway/core/layer.ts'
import { noMeter } from '../../../../gateway/core/meter.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import limits from '../../../../plugins/limits/index.ts'
import pressure from '../../../../plugins/pressure/index.ts'
import { ask, deferred, embeddingsFor, gateway, modelOf, type ErrorAnswer } from '../../http/gateway.ts'
import { filledSlots } from '../filled-slots.ts'

/** Answers when the test says so: each `finish` ends what has begun so far. */
const held = () => {
  let finished = deferred()
  const begun: (() => void)[] = []
  const embed: EmbedFn = async (batch) => {
    begun.shift()?.()
    await finished.promise
    return embeddingsFor(batch.texts)
  }
  const beginning = (): Promise<void> => new Promise((resolve) => begun.push(resolve))
  const finish = (): void => {
    finished.resolve()
    finished = deferred()
  }
  return { embed, beginning, finish }
}

const body = JSON.stringify({ model: 'tiny', input: 'one' })
const request = `POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

describe('plugin limits, at the edge', () => {
  it('refuses requests above the bound at once, and none of health', async () => {
    const shed: unknown[] = []
    const meter = {
      ...noMeter,
      counter: (name: string) => (labels: object) => () => void (name === 'shed_total' && shed.push(labels)),
    }
    const { embed, beginning, finish } = held()
    const { app } = await gateway({ embed, meter, limits: { requestsInFlight: 1 } })
    const begun = beginning()
    const first = ask(app, { input: 'one' })
    await begun
    const refused = await ask(app, { input: 'two' })
    expect(refused.statusCode).toBe(503)
    expect(refused.json<ErrorAnswer>().error.code).toBe('EG_OVERLOADED')
    expect(refused.headers['retry-after']).toBe('1')
    expect((await app.inject('/health/live')).statusCode).toBe(200)
    expect(shed).toEqual([{ stage: 'edge', priority: 'unknown', reason: 'requests_in_flight' }])
    finish()
    expect((await first).statusCode).toBe(200)
  })

  it('gives the place back after every kind of answer', async () => {
    const { app } = await gateway({ limits: { requestsInFlight: 1 } })
    const codes: number[] = []
    for (const fields of [{ input: [] }, { input: 'one' }, { model: 'other', input: 'one' }, { input: 'one' }])
      codes.push((await ask(app, fields)).statusCode)
    expect(codes).toEqual([400, 200, 404, 200])
  })

  it('gives the places back of callers that leave, pipelined ones too', async () => {
    const { embed, beginning, finish } = held()
    const { app } = await gateway({ embed, limits: { requestsInFlight: 2 } })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const begun = [beginning(), beginning()]
    const gone = deferred()
    app.server.once('connection', (accepted: Socket) => accepted.once('close', () => gone.resolve()))
    const { port } = app.server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1', () => socket.write(request + request))
    await Promise.all(begun)
    expect((await ask(app, { input: 'two' })).statusCode).toBe(503)
    socket.destroy()
    await gone.promise
    finish()
    // Two at once fit only when both places are back.
    const both = Promise.all([beginning(), beginning()])
    const answers = Promise.all([ask(app, { input: 'two' }), ask(app, { input: 'three' })])
    await Promise.race([both, answers])
    finish()
    expect((await answers).map(({ statusCode }) => statusCode)).toEqual([200, 200])
    await app.close()
  })
})

describe('plugin limits, under pressure', () => {
  it('refuses a body when all together are too much, and takes it when there is room again', async () => {
    const { embed, beginning, finish } = held()
    const { app } = await gateway({ embed, limits: { bodyBytes: 1_000 } })
    const begun = beginning()
    const first = ask(app, { input: 'x'.repeat(800) })
    await begun
    const refused = await ask(app, { input: 'y'.repeat(800) })
    expect(refused.statusCode).toBe(503)
    expect(refused.json<ErrorAnswer>().error.code).toBe('EG_OVERLOADED')
    finish()
    expect((await first).statusCode).toBe(200)
    const second = beginning()
    const again = ask(app, { input: 'y'.repeat(800) })
    await second
    finish()
    expect((await again).statusCode).toBe(200)
  })

  it('says so on the connection when it refuses a body over a socket, and reserves nothing for a length that is claimed', async () => {
    const { embed, beginning, finish } = held()
    const { app } = await gateway({ embed, limits: { bodyBytes: 1_000 } })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const claims = Array.from({ length: 5 }, () => connect(port, '127.0.0.1'))
    for (const socket of claims) {
      socket.on('error', () => {})
      socket.write(
        'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{',
      )
    }
    const post = (size: number) =>
      fetch(`${url}/v1/embeddings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'tiny', input: 'x'.repeat(size) }),
      })
    const begun = beginning()
    const first = post(800)
    await begun
    const refused = await post(800)
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ error: { code: 'EG_OVERLOADED' } })
    finish()
    expect((await first).status).toBe(200)
    for (const socket of claims) socket.destroy()
    await app.close()
  })

  it('[R4] refuses to compute, with a code of its own, while memory is used up', async () => {
    const layers = new Map<string, Layer>()
    const clock = fakeClock()
    await filledSlots(
      async (app) => {
        await app.register(pressure, { memoryBytes: 1_000 })
        await app.register(limits, { queueTokens: 100, requestsInFlight: 1, bodyBytes: 'auto', loopDelayP99Ms: 200 })
      },
      { layers, clock },
    )
    const admit = layers.get('request.admit')?.(next, where({}, { queueing: false, computing: true }))
    expect(await admit?.(batchOf(['a']), callOf(clock))).toBeDefined()
    await clock.advance(2_000)
    await expect(admit?.(batchOf(['a']), callOf(clock))).rejects.toMatchObject({
      code: 'EG_OUT_OF_MEMORY',
      retryAfterMs: 5_000,
    })
  })

  it('refuses embedding requests while the event loop is late, bulk ones first, but never the first few dozen', async () => {
    let nowMs = 0
    let sample = (): void => {}
    const clock: Clock = {
      ...systemClock,
      now: () => nowMs,
      after: (delayMs, run) => {
        if (delayMs !== 20) return () => {}
        sample = () => {
          nowMs += 20
          run()
        }
        return () => {}
      },
    }
    const { embed, beginning, finish } = held()
    const { app } = await gateway({ embed, clock, limits: { loopDelayP99Ms: 200 } })
    const late = (ms: number): void => {
      for (let times = 0; times < 250; times++) {
        nowMs += ms
        sample()
      }
    }
    const held32 = Promise.all(
      Array.from({ length: 32 }, (_, count) => {
        const begun = beginning()
        return { begun, answer: ask(app, { input: `text ${count}` }) }
      }).map(async ({ begun, answer }) => (await begun, answer)),
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    late(180)
    const bulk = { 'x-embedgate-priority': 'bulk' }
    expect((await ask(app, { input: [] }, bulk)).statusCode).toBe(503)
    expect((await ask(app, { input: [] })).statusCode).toBe(400)
    late(250)
    expect((await ask(app, { input: [] })).statusCode).toBe(503)
    expect((await app.inject('/health/live')).statusCode).toBe(200)
    finish()
    await held32
    expect((await ask(app, { input: [] })).statusCode).toBe(400)
  })

  it('bounds the connections of the listener below the descriptors', async () => {
    const { app } = await gateway()
    expect(app.server.maxConnections).toBe(app.pressure.connectionLimit)
  })
})

const next: EmbedFn = async (batch) => embeddingsFor(batch.texts)

const where = (policy: Where['policy'], backend: Pick<Backend, 'queueing' | 'computing'>): Where =>
  ({ policy, backend, model: modelOf() }) as Where

const slotsOf = () =>
  filledSlots(async (app) => {
    await app.register(pressure, { memoryBytes: 'auto' })
    await app.register(limits, { queueTokens: 100, requestsInFlight: 1, bodyBytes: 'auto', loopDelayP99Ms: 200 })
  })

describe('plugin limits, in the chain', () => {
  it('fills the slots that admit requests and bound tries', async () => {
    expect([...(await slotsOf()).keys()]).toEqual(['request.admit', 'tier.observe', 'try.limit'])
  })

  it('counts the work of tiers that compute', async () => {
    const layer = (await slotsOf()).get('tier.observe')
    expect(layer?.(next, { model: modelOf(), tier: 'cached', computing: false })).toBe(next)
    expect(layer?.(next, { model: modelOf(), tier: 'cpu', computing: true })).not.toBe(next)
  })

  it('bounds replicas that compute and keep no queue of their own', async () => {
    const layer = (await slotsOf()).get('try.limit')
    expect(layer?.(next, where({}, { queueing: true, computing: true }))).toBe(next)
    expect(layer?.(next, where({}, { queueing: false, computing: false }))).toBe(next)
    expect(layer?.(next, where({}, { queueing: false, computing: true }))).not.toBe(next)
  })

  it('gives a replica that serves several models the same places', async () => {
    const layer = (await slotsOf()).get('try.limit')
    const { embed, finish } = held()
    const at = where({ maxConcurrency: 1 }, { queueing: false, computing: true })
    const [one, other] = [layer?.(embed, at), layer?.(next, { ...at, model: modelOf({ name: 'other' }) })]
    const first = one?.(batchOf(['a']), callOf())
    let isAnswered = false
    const second = other?.(batchOf(['b']), callOf()).then(() => (isAnswered = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(isAnswered).toBe(false)
    finish()
    await Promise.all([first, second])
    expect(isAnswered).toBe(true)
  })
})
