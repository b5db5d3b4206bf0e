import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import type { Backend } from '../../../../gateway/core/backend.ts'
import { BackendError, CallerGone } from '../../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../../gateway/core/layer.ts'
import { attemptsOf, trailOf } from '../../../../gateway/core/trail.ts'
import type { Bar } from '../../../../gateway/core/served-model.ts'
import retries, { type RetriesSettings } from '../../../../plugins/retries/index.ts'
import { answerFor, batchOf, callFor } from '../../chain/fakes.ts'
import { build, closeAll, threeTiers, type Built } from '../../chain/gateway.ts'
import type { ChainOptions } from '../../../../gateway/chain/index.ts'

const settings: RetriesSettings = { retries: 3, baseMs: 100, capMs: 5_000, budget: { ratio: 0.2, minPerSecond: 3 } }

afterEach(closeAll)

/** The real chain with retries in it; every wait is as long as it can be, and of two replicas the second is taken. */
const chainOf = (
  options: ChainOptions,
  behaviour: Record<string, Partial<Backend>> = {},
  bar: () => Bar | undefined = () => undefined,
): Promise<Built> =>
  build({ ...options, random: () => 0.99 }, behaviour, (app: FastifyInstance) => {
    app.chain.gate(() => ({ bar }))
    void app.register(retries, { ...settings, random: () => 1 })
  })

const oneTier: ChainOptions = { backends: { cpu: { kind: 'fake' } }, models: { fake: { chain: ['cpu'] } } }
const twoReplicas: ChainOptions = {
  backends: { cpu: { kind: 'fake', urls: ['http://a', 'http://b'] } },
  models: { fake: { chain: ['cpu'] } },
}

/** From now on every replica of the backends fails; what the calls were is noted. */
const fail = ({ made, clock }: Built, fault: () => Error = () => new BackendError('crash', 'it died')) => {
  const tried: { readonly by: string; readonly atMs: number; readonly texts: number }[] = []
  for (const [by, script] of made) {
    const embed: EmbedFn = ({ texts }) => {
      tried.push({ by, atMs: clock.now(), texts: texts.length })
      return Promise.reject(fault())
    }
    Object.assign(script, { embed })
  }
  return tried
}

const ask = async ({ app, clock }: Built, texts = ['a'], call = callFor(clock)) => {
  const asked = app.models
    .find('fake')
    ?.embed(batchOf(texts), call)
    .catch((error: unknown) => error as Error)
  await clock.advance(2_000)
  const ended = await asked
  call.release()
  return ended
}

describe('plugin retries, in the chain', () => {
  it('tries the last tier again, and the trail of the refusal holds every try', async () => {
    const gateway = await chainOf(oneTier)
    const tried = fail(gateway)
    const startMs = gateway.clock.now()
    const refused = await ask(gateway)
    expect(tried.map(({ atMs }) => atMs - startMs)).toEqual([0, 100, 300, 700])
    expect(attemptsOf(trailOf(refused))).toBe(4)
  })

  it('goes to the other replica at once, and waits only when both have failed', async () => {
    const gateway = await chainOf({ ...twoReplicas })
    const tried = fail(gateway)
    const startMs = gateway.clock.now()
    await ask(gateway)
    expect(tried.map(({ by, atMs }) => [by, atMs - startMs])).toEqual([
      ['cpu/1', 0],
      ['cpu/0', 0],
      ['cpu/1', 100],
      ['cpu/1', 300],
    ])
  })

  it('steps down at once while a lower tier can compute, and tries the last one again', async () => {
    const gateway = await chainOf(threeTiers)
    const tried = fail(gateway)
    const startMs = gateway.clock.now()
    await ask(gateway)
    expect(tried.map(({ by, atMs }) => [by, atMs - startMs])).toEqual([
      ['gpu/0', 0],
      ['cpu/0', 0],
      ['cpu/0', 100],
      ['cpu/0', 300],
      ['cpu/0', 700],
      // What is stored is looked up once.
      ['cached/0', 700],
    ])
  })

  it('counts a request once, however many tiers it falls through', async () => {
    const gateway = await chainOf(threeTiers)
    await ask(gateway)
    expect(gateway.app.retries.level()).toEqual({ requests: 1, retries: 0, left: 30 })
    fail(gateway)
    await ask(gateway)
    expect(gateway.app.retries.level()).toEqual({ requests: 2, retries: 3, left: 27 })
  })

  it.each([
    ['at the failure', 0],
    ['during the wait', 50],
  ])('gives up when a breaker opens %s, and the refusal says for how long', async (_when, afterMs) => {
    let isOpen = false
    const gateway = await chainOf(oneTier, {}, () =>
      isOpen ? { reason: 'breaker_open', retryAfterMs: 30_000 } : undefined,
    )
    const tried = fail(gateway, () => {
      if (afterMs === 0) isOpen = true
      return new BackendError('crash', 'it died')
    })
    gateway.clock.after(50, () => (isOpen = true))
    const refused = await ask(gateway)
    expect(tried).toHaveLength(1)
    expect(refused).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED', retryAfterMs: 30_000 })
    expect(trailOf(refused)).toMatchObject([{ reason: 'crash' }])
    expect(gateway.app.retries.level().retries).toBe(afterMs === 0 ? 0 : 1)
  })

  it('lets a backend say otherwise, for itself', async () => {
    const gateway = await chainOf({
      ...oneTier,
      backends: { cpu: { kind: 'fake', retry: { retries: 1, baseMs: 40 } } },
    })
    const tried = fail(gateway)
    const startMs = gateway.clock.now()
    await ask(gateway)
    expect(tried.map(({ atMs }) => atMs - startMs)).toEqual([0, 40])
  })

  it('[R6] changes its settings while it runs', async () => {
    const gateway = await chainOf(oneTier)
    const tried = fail(gateway)
    gateway.app.retries.configure({ ...settings, retries: 1 })
    await ask(gateway)
    expect(tried).toHaveLength(2)
    gateway.app.retries.configure({ ...settings, budget: { ratio: 0, minPerSecond: 0 } })
    expect(gateway.app.retries.level().left).toBe(0)
    await ask(gateway)
    expect(tried).toHaveLength(3)
  })
})

describe('plugin retries and split requests', () => {
  const split = { ...oneTier, backends: { cpu: { kind: 'fake' } } }
  const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`)

  it('ends the waits of all pieces when the first gives up: none is tried afterwards', async () => {
    const gateway = await chainOf(split, { cpu: { limits: { texts: 10 } } })
    const tried = fail(gateway)
    const armed = gateway.clock.pending
    await ask(gateway, texts)
    // Four pieces at once, each with its tries; when the first is out of them, the others end.
    expect(tried.length).toBeLessThanOrEqual(4 * 4)
    expect(gateway.clock.pending).toBe(armed)
  })

  it('makes no more retries than the budget allows, whatever the number of pieces', async () => {
    const gateway = await chainOf(split, { cpu: { limits: { texts: 1 } } })
    const tried = fail(gateway)
    gateway.app.retries.configure({ ...settings, budget: { ratio: 0.2, minPerSecond: 0.5 } })
    for (let request = 0; request < 3; request++) await ask(gateway, texts)
    const firsts = 3 * 4
    expect(tried.length).toBeLessThanOrEqual(firsts + 5)
    expect(gateway.app.retries.level().retries).toBeLessThanOrEqual(5)
  })

  it('tries only the piece again that failed, and counts each piece as a request', async () => {
    const gateway = await chainOf(split, { cpu: { limits: { texts: 10 } } })
    const tried: string[] = []
    let failures = 2
    const embed: EmbedFn = async (batch) => {
      tried.push(batch.texts[0] ?? '')
      if (batch.texts[0] === 'text 20' && failures-- > 0) throw new BackendError('connection', 'reset')
      return answerFor(batch.texts)
    }
    Object.assign(gateway.made.get('cpu/0') ?? {}, { embed })
    const answered = await ask(gateway, texts)
    expect(tried).toEqual(['text 0', 'text 10', 'text 20', 'text 30', 'text 20', 'text 20'])
    expect(answered).toMatchObject({ trail: { length: 6 } })
    expect(gateway.app.retries.level()).toEqual({ requests: 4, retries: 2, left: 28 })
  })

  it('ends all waits when the caller leaves', async () => {
    const gateway = await chainOf(split, { cpu: { limits: { texts: 10 } } })
    const tried = fail(gateway)
    const { clock, app } = gateway
    const call = callFor(clock)
    const asked = app.models
      .find('fake')
      ?.embed(batchOf(texts), call)
      .catch((error: unknown) => error as Error)
    await clock.advance(50)
    call.abort(new CallerGone())
    expect(await asked).toBeInstanceOf(CallerGone)
    await clock.advance(10_000)
    expect(tried).toHaveLength(4)
  })
})
