import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { writeReferences } from '../../../gateway/chain/references-file.ts'
import type { Backend } from '../../../gateway/core/backend.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import { degradation, isDegraded, servedBy, trailOf } from '../../../gateway/core/trail.ts'
import { answerFor, batchOf, callFor, never, outcome, referencesOf } from './fakes.ts'
import { build, closeAll, threeTiers, type Built } from './gateway.ts'

afterEach(closeAll)

const served = (app: FastifyInstance) => {
  const model = app.models.find('fake')
  if (!model) throw new Error('the model is not served')
  return model
}

const ask = async ({ app, clock }: Built, texts: readonly string[], ms?: number) => {
  const call = callFor(clock, ms)
  try {
    return await served(app).embed(batchOf(texts), call)
  } finally {
    call.release()
  }
}

describe('the chain plugin', () => {
  it('answers from the first tier and says so', async () => {
    const built = await build(threeTiers)
    const answer = await ask(built, ['a', 'b'])
    expect(answer.vectors).toEqual(answerFor(['a', 'b']).vectors)
    expect(servedBy(answer.trail)).toBe('gpu')
    expect(isDegraded(answer)).toBe(false)
  })

  it('answers from the second tier, not degraded, when the optional device of the first is absent', async () => {
    const start = () => Promise.reject(new BackendError('absent', 'no such device'))
    const built = await build(threeTiers, { gpu: { start } })
    const answer = await ask(built, ['a'])
    expect(answer.trail.map(({ backend, outcome: end, reason }) => [backend, end, reason])).toEqual([
      ['gpu', 'skipped', 'absent'],
      ['cpu', 'success', undefined],
    ])
    expect(isDegraded(answer)).toBe(false)
  })

  it('steps down when the first tier crashes, degraded with the reason', async () => {
    const built = await build(threeTiers)
    built.made.set('gpu/0', Object.assign(built.made.get('gpu/0') ?? {}, { embed: crash }))
    const answer = await ask(built, ['a'])
    expect(servedBy(answer.trail)).toBe('cpu')
    expect(degradation(answer.trail)).toEqual({ from: 'gpu', to: 'cpu', reason: 'crash' })
  })

  it('answers stale rows when nothing computes', async () => {
    const built = await build(threeTiers)
    for (const name of ['gpu/0', 'cpu/0']) Object.assign(built.made.get(name) ?? {}, { embed: crash })
    const answer = await ask(built, ['a'])
    expect(servedBy(answer.trail)).toBe('cached')
    expect(isDegraded(answer)).toBe(true)
  })

  it('answers in time when the first tier hangs and ignores its signal', async () => {
    const built = await build(threeTiers)
    Object.assign(built.made.get('gpu/0') ?? {}, { embed: never })
    const asked = ask(built, ['a'], 1_000)
    await built.clock.advance(500)
    const answer = await asked
    expect(degradation(answer.trail)).toEqual({ from: 'gpu', to: 'cpu', reason: 'late' })
  })

  it('is ready and listens while a backend is still starting, and says EG_NOT_READY until then', async () => {
    const options = { backends: { cpu: { kind: 'fake' } }, models: { fake: { chain: ['cpu'] } } }
    const built = await build(options, { cpu: { start: never } })
    const error = await outcome(ask(built, ['a']))
    expect(error).toMatchObject({ code: 'EG_NOT_READY', retryAfterMs: 1_000 })
    expect(trailOf(error)).toMatchObject([{ backend: 'cpu', outcome: 'skipped', reason: 'starting' }])
  })

  it('settles at the deadline, and leaves no timer of the request behind', async () => {
    const options = { backends: { cpu: { kind: 'fake' } }, models: { fake: { chain: ['cpu'] } } }
    const built = await build(options)
    Object.assign(built.made.get('cpu/0') ?? {}, { embed: never })
    const armed = built.clock.pending
    const asked = outcome(ask(built, ['a'], 1_000))
    await built.clock.advance(1_000)
    expect(await asked).toMatchObject({ code: 'EG_DEADLINE' })
    expect(built.clock.pending).toBe(armed)
  })

  it('splits above the limits of the backend and spreads over replicas, in order', async () => {
    const options = {
      backends: { cpu: { kind: 'fake', urls: ['http://a', 'http://b'] } },
      models: { fake: { chain: ['cpu'] } },
    }
    const built = await build(options, { cpu: { limits: { texts: 3 } } })
    const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`)
    const answer = await ask(built, texts)
    expect(answer.vectors).toEqual(answerFor(texts).vectors)
    expect(answer.trail).toHaveLength(7)
    expect(new Set(answer.trail.map(({ replica }) => replica))).toEqual(new Set([0, 1]))
  })

  it('splits by estimated tokens where the backend limits them', async () => {
    const options = { backends: { cpu: { kind: 'fake' } }, models: { fake: { chain: ['cpu'] } } }
    const built = await build(options, { cpu: { limits: { texts: 100, tokens: 5 } } })
    expect((await ask(built, ['a', 'b', 'c'])).trail).toHaveLength(3)
  })

  it('makes no abort signal for a request whose backend reads none: one costs as much as all layers together', async () => {
    const built = await build(threeTiers)
    const made = vi.spyOn(globalThis, 'AbortController')
    onTestFinished(() => made.mockRestore())
    await Promise.all([ask(built, ['a', 'b']), ask(built, ['b', 'c'])])
    expect(made).not.toHaveBeenCalled()
  })

  it('puts the layers of plugins where the order says, whenever they were registered', async () => {
    const seen: string[] = []
    const noted =
      (slot: string): Layer =>
      (next, { tier, backend }) =>
      (batch, call) => {
        seen.push([slot, tier, backend?.replica].filter((part) => part !== undefined).join(' '))
        return next(batch, call)
      }
    const slots = ['try.timeout', 'tier.retry', 'request.admit', 'try.breaker', 'request.cache', 'try.limit'] as const
    const built = await build(threeTiers, {}, (app) => {
      for (const slot of slots) app.chain.fill(slot, noted(slot))
      for (const slot of ['try.observe', 'tier.observe', 'request.observe'] as const) {
        app.chain.fill(slot, noted(`${slot} 1`))
        app.chain.fill(slot, noted(`${slot} 2`))
      }
    })
    await ask(built, ['a'])
    expect(seen).toEqual([
      'request.observe 1',
      'request.observe 2',
      'request.cache',
      'request.admit',
      'tier.observe 1 gpu',
      'tier.observe 2 gpu',
      'tier.retry gpu',
      'try.observe 1 gpu 0',
      'try.observe 2 gpu 0',
      'try.limit gpu 0',
      'try.breaker gpu 0',
      'try.timeout gpu 0',
    ])
  })

  it('finds models by name and alias, and lists them in the order of the configuration', async () => {
    const { app } = await build({
      ...threeTiers,
      models: { ...threeTiers.models, other: { chain: ['cpu'] } },
    })
    expect(app.models.find('alias')).toBe(app.models.find('fake'))
    expect(app.models.find('nobody')).toBeUndefined()
    expect(app.models.list().map(({ model }) => model.name)).toEqual(['fake', 'other'])
  })

  it('shows every replica with its state and parity, and asks them for health', async () => {
    const built = await build(threeTiers)
    expect(built.app.backends.replicas()).toMatchObject([
      { backend: 'gpu', state: 'serving', optional: true, parity: 1, inFlight: 0 },
      { backend: 'cpu', state: 'serving', optional: false },
      { backend: 'cached', state: 'serving', computing: false },
    ])
    Object.assign(built.made.get('cpu/0') ?? {}, { health: () => Promise.reject(new Error('no answer')) })
    const health = await built.app.backends.health(new AbortController().signal)
    expect(Object.fromEntries(health)).toEqual({
      gpu: { state: 'up' },
      cpu: { state: 'down', detail: 'no answer' },
      cached: { state: 'up' },
    })
  })

  it('answers for a backend whose health hangs when the time for it is over', async () => {
    const built = await build(threeTiers, { cpu: { health: never } })
    const controller = new AbortController()
    const asked = built.app.backends.health(controller.signal)
    controller.abort()
    expect((await asked).get('cpu')).toEqual({ state: 'down', detail: 'no answer in time' })
  })

  it('closes every backend, and does not wait for one that hangs', async () => {
    const closed: string[] = []
    const built = await build(threeTiers, {
      gpu: { close: never },
      cpu: { close: async () => void closed.push('cpu') },
      cached: { close: () => Promise.reject(new Error('stuck')) },
    })
    const closing = built.app.close()
    await built.clock.advance(10_000)
    await closing
    expect(closed).toEqual(['cpu'])
    expect(built.app.backends.replicas().map(({ state }) => state)).toEqual(['closed', 'closed', 'closed'])
    expect(built.clock.pending).toBe(0)
  })

  it('warns about a backend that no chain uses, and does not create it', async () => {
    const built = await build({ ...threeTiers, backends: { ...threeTiers.backends, spare: { kind: 'fake' } } })
    expect(built.made.has('spare/0')).toBe(false)
    expect(built.logged.map(({ message }) => message)).toContain('backend is in no chain and is not started')
  })

  it('keeps only the first computing tier of a model without references, and says so', async () => {
    const none = { references: undefined } as unknown as Partial<Backend>
    const built = await build(threeTiers, { gpu: none, cpu: none })
    expect(served(built.app).tiers()).toMatchObject([
      { name: 'gpu', tier: 0, detail: expect.stringContaining('cpu is left out') as string },
      { name: 'cached', tier: 2 },
    ])
    expect(built.logged.some(({ message }) => message.includes('cpu is left out'))).toBe(true)
    expect(built.app.backends.replicas().map(({ backend }) => backend)).toEqual(['gpu', 'cached'])
  })

  it('keeps only the first replica of a tier without references, never starts the others, and says so', async () => {
    const started: string[] = []
    const none = { references: undefined } as unknown as Partial<Backend>
    const options = {
      backends: { cpu: { kind: 'fake', urls: ['http://a', 'http://b', 'http://c'] }, cached: { kind: 'shelf' } },
      models: { fake: { chain: ['cpu', 'cached'] } },
    }
    const built = await build(options, { cpu: { ...none, start: async () => void started.push('cpu') } })
    expect(started).toHaveLength(1)
    expect(served(built.app).tiers()).toMatchObject([
      { name: 'cpu', detail: expect.stringContaining('cpu/1, cpu/2 is left out') as string },
      { name: 'cached' },
    ])
    expect(served(built.app).tiers()[0]?.replicas).toHaveLength(1)
    expect(built.logged.some(({ message }) => message.includes('cpu/1, cpu/2 is left out'))).toBe(true)
    expect(built.app.backends.replicas().map(({ backend, replica }) => [backend, replica])).toEqual([
      ['cpu', 0],
      ['cached', 0],
    ])
  })

  it('keeps all replicas for a model with references, beside one without that has the first', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'replicas-')), 'references.json')
    onTestFinished(() => rmSync(dirname(path), { recursive: true }))
    await writeReferences(path, referencesOf(3))
    const options = {
      backends: { cpu: { kind: 'fake', urls: ['http://a', 'http://b'] } },
      models: { fake: { chain: ['cpu'] }, measured: { chain: ['cpu'], references: path } },
    }
    const { app } = await build(options, { cpu: { references: undefined } as unknown as Partial<Backend> })
    expect(app.models.list().map((model) => model.tiers()[0]?.replicas.length)).toEqual([1, 2])
    expect(app.backends.replicas()).toHaveLength(2)
  })
})

const crash = (): Promise<never> => Promise.reject(new BackendError('crash', 'the process died'))
