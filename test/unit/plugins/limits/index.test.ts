import { connect, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../../../gateway/core/backend.ts'
import type { EmbedFn, Where } from '../../../../gateway/core/layer.ts'
import { noMeter } from '../../../../gateway/core/meter.ts'
import limits from '../../../../plugins/limits/index.ts'
import { ask, deferred, embeddingsFor, gateway, type ErrorAnswer } from '../../http/gateway.ts'
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

const next: EmbedFn = async (batch) => embeddingsFor(batch.texts)

const where = (policy: Where['policy'], queueing: boolean): Where =>
  ({ policy, backend: { queueing } as Backend }) as Where

describe('plugin limits, in the chain', () => {
  const slots = filledSlots((app) => app.register(limits, { queueTokens: 100, requestsInFlight: 1 }))

  it('fills the slots that admit requests and bound tries', async () => {
    expect([...(await slots).keys()]).toEqual(['request.admit', 'try.limit'])
  })

  it('bounds only replicas with a maxConcurrency and no queue of their own', async () => {
    const layer = (await slots).get('try.limit')
    expect(layer?.(next, where({}, false))).toBe(next)
    expect(layer?.(next, where({ maxConcurrency: 1 }, true))).toBe(next)
    expect(layer?.(next, where({ maxConcurrency: 1 }, false))).not.toBe(next)
  })
})
