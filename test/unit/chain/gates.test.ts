import { afterEach, describe, expect, it } from 'vitest'
import type { Backend } from '../../../gateway/core/backend.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { degradation, trailOf } from '../../../gateway/core/trail.ts'
import type { Embeddings } from '../../../gateway/core/embeddings.ts'
import type { Bar } from '../../../gateway/core/served-model.ts'
import { batchOf, callFor, outcome } from './fakes.ts'
import { build, closeAll, threeTiers } from './gateway.ts'

afterEach(closeAll)

/** A gateway of gpu, cpu and cached whose replicas are barred by name. */
const gated = async () => {
  const bars = new Map<string, Bar>()
  const miss = () => Promise.reject(new BackendError('miss', 'not stored'))
  const built = await build(threeTiers, { cached: { embed: miss } }, (app) =>
    app.chain.gate(({ backend }) => ({ bar: () => bars.get(backend.name) })),
  )
  const ask = async (): Promise<Embeddings | Error> => {
    const served = built.app.models.find('fake')
    if (!served) throw new Error('fake is not served')
    return outcome(served.embed(batchOf(['a']), callFor(built.clock)))
  }
  const bar = (name: string, retryAfterMs: number): void =>
    void bars.set(name, { reason: 'breaker_open', retryAfterMs })
  return { ...built, bars, bar, ask }
}

describe('a gate', () => {
  it('that bars a tier makes the chain skip it at once, and say so', async () => {
    const { ask, bar } = await gated()
    bar('gpu', 30_000)
    const { trail } = (await ask()) as Embeddings
    expect(trail.map(({ backend, outcome: end, reason }) => [backend, end, reason])).toEqual([
      ['gpu', 'skipped', 'breaker_open'],
      ['cpu', 'success', undefined],
    ])
    expect(degradation(trail)).toEqual({ from: 'gpu', to: 'cpu', reason: 'breaker_open' })
  })

  it('that opens again lets the first tier answer again', async () => {
    const { ask, bar, bars } = await gated()
    bar('gpu', 30_000)
    await ask()
    bars.clear()
    expect(degradation(((await ask()) as Embeddings).trail)).toBeUndefined()
  })

  it('shows in the status of its replica and its tier, whose life goes on', async () => {
    const { app, bar } = await gated()
    bar('gpu', 30_000)
    const [gpu] = app.models.find('fake')?.tiers() ?? []
    expect(gpu).toMatchObject({ available: false, replicas: [{ state: 'serving', barredBy: 'breaker_open' }] })
  })

  it('that bars all that compute leaves nothing, for as long as the first bar lasts', async () => {
    const { ask, bar } = await gated()
    bar('gpu', 30_000)
    bar('cpu', 2_500)
    const error = await ask()
    expect(error).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED', retryAfterMs: 2_500 })
    expect(trailOf(error).map(({ reason }) => reason)).toContain('breaker_open')
  })

  it('cannot be put in once the gateway is ready', async () => {
    const { app } = await gated()
    expect(() => app.chain.gate(() => ({ bar: () => undefined }))).toThrow(
      'gate: the gateway is ready, and the chain can only be changed while plugins are loaded',
    )
  })
})

describe('layers of a tier', () => {
  it('know whether a tier behind theirs can compute now, and whether another replica of theirs can be asked', async () => {
    const known: Record<string, boolean[]> = {}
    const bars = new Map<string, Bar>()
    const { app, clock } = await build(threeTiers, {}, (instance) => {
      instance.chain.gate(({ backend }) => ({ bar: () => bars.get(backend.name) }))
      instance.chain.fill('tier.retry', (next, { tier = '', alternatives }) => async (batch, call) => {
        known[tier] = [alternatives?.lowerTier() ?? false, alternatives?.otherReplica(call) ?? false]
        try {
          return await next(batch, call)
        } finally {
          known[tier].push(alternatives?.otherReplica(call) ?? false)
        }
      })
    })
    const ask = () => app.models.find('fake')?.embed(batchOf(['a']), callFor(clock))
    await ask()
    expect(known).toEqual({ gpu: [true, true, true] })
    bars.set('cpu', { reason: 'breaker_open', retryAfterMs: 1 })
    await ask()
    expect(known['gpu']?.[0]).toBe(false)
    bars.clear()
    bars.set('gpu', { reason: 'breaker_open', retryAfterMs: 1 })
    await ask()
    expect(known['cpu']?.[0]).toBe(false)
  })
})

describe('a gate is told that its replica is renewed', () => {
  const renewed = async (over: Partial<Backend>) => {
    const names: string[] = []
    const built = await build(threeTiers, { gpu: over }, (app) =>
      app.chain.gate(({ backend }) => ({ bar: () => undefined, renew: () => void names.push(backend.name) })),
    )
    return { ...built, names }
  }

  it('when it serves again after it was lost, not when it serves for the first time', async () => {
    const { clock, made, names } = await renewed({})
    expect(names).toEqual([])
    Object.assign(made.get('gpu/0') ?? {}, { health: async () => ({ state: 'down' }) })
    await clock.advance(6_500)
    Object.assign(made.get('gpu/0') ?? {}, { health: async () => ({ state: 'up' }) })
    await clock.advance(31_000)
    expect(new Set(names)).toEqual(new Set(['gpu']))
  })

  it('when its backend says that it has replaced what computes', async () => {
    let replaced = (): void => {}
    const { names } = await renewed({ onRenewal: (listener) => (replaced = listener) })
    replaced()
    expect(names).toEqual(['gpu'])
  })
})
