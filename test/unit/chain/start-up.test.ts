import { Type } from 'typebox'
import { afterEach, describe, expect, it } from 'vitest'
import type { ChainOptions } from '../../../gateway/chain/index.ts'
import type { Backend } from '../../../gateway/core/backend.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import { fakeBackend, outcome, space } from './fakes.ts'
import { build, closeAll, threeTiers } from './gateway.ts'

afterEach(closeAll)

describe('the chain plugin refuses to start', () => {
  const refusalOf = async (options: ChainOptions, behaviour: Record<string, Partial<Backend>> = {}) =>
    outcome(build(options, behaviour))
  const withBackend = (cpu: ChainOptions['backends'][string]): ChainOptions => ({
    backends: { cpu },
    models: { fake: { chain: ['cpu'] } },
  })

  it('when a chain names an unknown backend, with the nearest one', async () => {
    expect(
      await refusalOf({ backends: { cpu: { kind: 'fake' } }, models: { fake: { chain: ['cpuu'] } } }),
    ).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      param: 'models.fake.chain.0',
      message: expect.stringMatching(/did you mean cpu\?/) as string,
    })
  })

  it.each(['toString', '__proto__'])('when a chain names %s, which every object has', async (name) => {
    expect(await refusalOf({ backends: {}, models: { fake: { chain: [name] } } })).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      param: 'models.fake.chain.0',
    })
  })

  it('when a kind is unknown, with the nearest one', async () => {
    expect(await refusalOf(withBackend({ kind: 'fakee' }))).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      param: 'backends.cpu.kind',
      message: expect.stringMatching(/did you mean fake\?/) as string,
    })
  })

  it('when an option is unknown, with the nearest one', async () => {
    expect(await refusalOf(withBackend({ kind: 'fake', dimz: 4 }))).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      param: 'backends.cpu.dimz',
      message: expect.stringMatching(/did you mean dims\?/) as string,
    })
  })

  it('when an option has the wrong type or value', async () => {
    expect(await refusalOf(withBackend({ kind: 'fake', dims: 'four' }))).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      message: 'backends.cpu.dims: must be integer',
    })
    expect(await refusalOf(withBackend({ kind: 'fake', mode: 'sloow' }))).toMatchObject({
      message: 'backends.cpu.mode: must be one of "fast", "slow"',
    })
  })

  it('with all faults of all backends and models at once, a line each', async () => {
    const linesOf = async (given: Parameters<typeof refusalOf>[0]): Promise<string[]> => {
      const refusal = await refusalOf(given)
      return refusal instanceof Error ? refusal.message.split('\n') : []
    }
    const backends = {
      a: { kind: 'fake', dims: 'four', mode: 'sloow', dimz: 4 },
      b: { kind: 'fakee' },
      c: { kind: 'shelf' },
    }
    expect(await linesOf({ backends, models: { m: { chain: ['a', 'b', 'c'] } } })).toEqual([
      'backends.a.dimz: a backend of kind fake has no such key; did you mean dims?',
      'backends.a.dims: must be integer',
      'backends.a.mode: must be one of "fast", "slow"',
      'backends.b.kind: there is no kind fakee; did you mean fake?',
    ])
    const models = { m: { chain: ['c'] }, n: { chain: ['c'] } }
    expect(await linesOf({ backends: { c: { kind: 'shelf' } }, models })).toEqual([
      'models.m.chain: none of its backends computes',
      'models.n.chain: none of its backends computes',
    ])
  })

  it('when urls are given to a kind without url, beside url, empty, or twice', async () => {
    for (const entry of [
      { kind: 'shelf', urls: ['http://a'] },
      { kind: 'fake', url: 'http://a', urls: ['http://b'] },
      { kind: 'fake', urls: [] },
      { kind: 'fake', urls: ['http://a', 'http://a'] },
    ]) {
      expect(await refusalOf(withBackend(entry))).toMatchObject({
        code: 'EG_CONFIG_INVALID',
        param: 'backends.cpu.urls',
      })
    }
  })

  it('when spaces differ, naming the fields and both backends', async () => {
    const behaviour = { cpu: { space: { ...space, pooling: 'cls', maxTokens: 8 } as const } }
    expect(await refusalOf(threeTiers, behaviour)).toMatchObject({
      code: 'EG_CONFIG_SPACE_MISMATCH',
      message: expect.stringMatching(/gpu and cpu .* differ in pooling, maxTokens/) as string,
    })
  })

  it('when no backend of a chain computes, or none knows its space', async () => {
    const options = { backends: { cached: { kind: 'shelf' } }, models: { fake: { chain: ['cached'] } } }
    expect(await refusalOf(options)).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      message: expect.stringMatching(/none of its backends computes/) as string,
    })
    const none = { cpu: { space: undefined } as unknown as Partial<Backend> }
    expect(await refusalOf(withBackend({ kind: 'fake' }), none)).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      message: expect.stringMatching(/space/) as string,
    })
  })

  it('when a chain names a backend twice, or two models share a name', async () => {
    const backends = { cpu: { kind: 'fake' } }
    expect(await refusalOf({ backends, models: { fake: { chain: ['cpu', 'cpu'] } } })).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      param: 'models.fake.chain.1',
    })
    const models = { a: { chain: ['cpu'] }, b: { chain: ['cpu'], aliases: ['c', 'a'] } }
    expect(await refusalOf({ backends, models })).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      param: 'models.b.aliases.1',
    })
  })

  it('and refuses layers and kinds that come too late, twice, or into its own slots', async () => {
    const layer: Layer = (next) => next
    const { app } = await build(threeTiers)
    expect(() => app.chain.fill('try.breaker', layer)).toThrow(expect.objectContaining({ code: 'EG_PLUGIN_FAILED' }))
    expect(() => app.backends.register('late', { options: Type.Object({}), create: () => fakeBackend() })).toThrow(
      expect.objectContaining({ code: 'EG_PLUGIN_FAILED' }),
    )
    const error = await outcome(
      build(threeTiers, {}, (early) => {
        early.chain.fill('try.breaker', layer)
        early.chain.fill('try.breaker', layer)
      }),
    )
    expect(error).toMatchObject({
      code: 'EG_PLUGIN_FAILED',
      message: expect.stringMatching(/another plugin/) as string,
    })
    const kind = { options: Type.Object({}), create: () => fakeBackend() }
    const twice = await outcome(build(threeTiers, {}, (early) => early.backends.register('fake', kind)))
    expect(twice).toMatchObject({ code: 'EG_PLUGIN_FAILED' })
    const own = await outcome(build(threeTiers, {}, (early) => early.chain.fill('tier.split' as 'tier.retry', layer)))
    expect(own).toMatchObject({
      code: 'EG_PLUGIN_FAILED',
      message: expect.stringMatching(/belongs to the chain/) as string,
    })
  })
})
