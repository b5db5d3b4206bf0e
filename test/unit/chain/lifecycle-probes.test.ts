import { describe, expect, it } from 'vitest'
import type { Backend } from '../../../gateway/core/backend.ts'
import type { Embeddings } from '../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { answerFor, never, settle } from './fakes.ts'
import { goldensOf, health, setUp, skewed } from './life.ts'

describe('the first probe of a replica', () => {
  it('asks the first 8 references, with everything cut and no cache, as bulk', async () => {
    const asked: unknown[] = []
    const { replica } = setUp(
      {
        embed: async (batch, call) => {
          asked.push([batch.texts.length, batch.truncate, call.priority, call.cache, call.tenant])
          return answerFor(batch.texts)
        },
      },
      { goldens: goldensOf(11) },
    )
    replica.start()
    await settle()
    expect(asked).toEqual([
      [8, true, 'bulk', 'no-store', 'embedgate'],
      [3, true, 'bulk', 'no-store', 'embedgate'],
    ])
    await replica.close()
  })

  it('keeps a replica that is too far off out, and probes it again every 60 s', async () => {
    const { clock, script, calls, replica, logged } = setUp({ embed: async ({ texts }) => skewed(texts) })
    replica.start()
    await settle()
    expect(replica).toMatchObject({ state: 'drifted', hasServed: false })
    expect(replica.parity).toBeLessThan(0.999)
    script.embed = async ({ texts }) => answerFor(texts)
    await clock.advance(59_999)
    expect(replica.state).toBe('drifted')
    await clock.advance(1)
    expect(replica.state).toBe('serving')
    expect(calls.start).toBe(1)
    expect(logged).toEqual(['starting > probing', 'probing > drifted', 'drifted > serving'])
    await replica.close()
  })

  it.each<[string, (texts: readonly string[]) => Embeddings]>([
    ['a row too few', (texts) => answerFor(texts.slice(1))],
    ['NaN', (texts) => ({ ...answerFor(texts), vectors: new Float32Array(texts.length * 4).fill(Number.NaN) })],
    ['the wrong width', (texts) => ({ ...answerFor(texts), dims: 2 })],
  ])('is failed by %s', async (_what, answer) => {
    const { replica } = setUp({ embed: async ({ texts }) => answer(texts) })
    replica.start()
    await settle()
    expect(replica.state).toBe('down')
    await replica.close()
  })

  it('does not wait for ever for a probe that hangs', async () => {
    const { clock, replica } = setUp({ embed: never }, { modelLoadMs: 5_000 })
    replica.start()
    await clock.advance(5_000)
    expect(replica.status()).toMatchObject({ state: 'down', detail: 'parity took longer than 5000 ms' })
    await replica.close()
  })

  it.each([
    [true, 60_000, 10_000],
    [true, 5_000, 5_000],
    [false, 60_000, 60_000],
  ])(
    'ends sooner when the backend is remote (%s): starts may take %i ms, it may take %i ms',
    async (remote, modelLoadMs, limitMs) => {
      const { clock, replica } = setUp({ embed: never, ...(remote && { remote }) }, { modelLoadMs })
      replica.start()
      await clock.advance(limitMs - 1)
      expect(replica.state).toBe('probing')
      await clock.advance(1)
      expect(replica.state).toBe('down')
      await replica.close()
    },
  )
})

describe('the full probe of a replica', () => {
  const wrongFrom =
    (first: number): Backend['embed'] =>
    async ({ texts }) =>
      Number(texts[0]?.split(' ')[1]) >= first ? skewed(texts) : answerFor(texts)

  it('runs while it serves, and takes it out when a later reference is off', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const embed: Backend['embed'] = async (batch, call) => {
      if (batch.texts[0] === 'golden 16') await held
      return wrongFrom(16)(batch, call)
    }
    const { replica } = setUp({ embed }, { goldens: goldensOf(20) })
    replica.start()
    await settle()
    expect(replica.state).toBe('serving')
    release()
    await settle()
    expect(replica.state).toBe('drifted')
    await replica.close()
  })

  it('must pass as a whole before a replica that drifted serves again', async () => {
    const { clock, script, replica, logged } = setUp({ embed: wrongFrom(16) }, { goldens: goldensOf(20) })
    replica.start()
    await clock.advance(130_000)
    expect(logged).toEqual(['starting > probing', 'probing > serving', 'serving > drifted'])
    script.embed = async ({ texts }) => answerFor(texts)
    await clock.advance(60_000)
    expect(replica.state).toBe('serving')
    await replica.close()
  })

  it('ends at the first references that are off, so that a replica that stays wrong is not sent the rest each time', async () => {
    const sent: string[] = []
    const embed: Backend['embed'] = async ({ texts }) => {
      sent.push(...texts)
      return skewed(texts)
    }
    const { clock, replica } = setUp({ embed }, { goldens: goldensOf(20) })
    replica.start()
    await clock.advance(130_000)
    expect(replica.state).toBe('drifted')
    expect(sent).toHaveLength(24)
    await replica.close()
  })

  it('counts for nothing when it ends after the replica was lost', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const embed: Backend['embed'] = async ({ texts }) => {
      if (texts[0] !== 'golden 8') return answerFor(texts)
      await held
      return skewed(texts)
    }
    const { clock, script, replica } = setUp({ embed }, { goldens: goldensOf(11) })
    replica.start()
    await settle()
    script.health = health('down')
    script.start = never
    await clock.advance(6_000)
    expect(replica.state).toBe('down')
    release()
    await settle()
    expect(replica.parity).toBeCloseTo(1, 6)
    await replica.close()
  })

  it('is left to the background again once a replica has come back from drift', async () => {
    const { clock, script, replica } = setUp({ embed: wrongFrom(8) }, { goldens: goldensOf(11) })
    replica.start()
    await settle()
    script.embed = async ({ texts }) => answerFor(texts)
    await clock.advance(60_000)
    expect(replica.state).toBe('serving')
    script.health = health('down')
    script.embed = ({ texts }) => (texts.length === 8 ? Promise.resolve(answerFor(texts)) : never())
    await clock.advance(6_000)
    expect(replica.state).toBe('serving')
    await replica.close()
  })

  it('is tried again after a minute when it could not be run, and the replica serves on', async () => {
    const busy = () => Promise.reject(new BackendError('busy', 'full'))
    const embed: Backend['embed'] = async (batch) => (batch.texts.length === 8 ? answerFor(batch.texts) : busy())
    const { clock, script, replica } = setUp({ embed }, { goldens: goldensOf(11) })
    replica.start()
    await clock.advance(59_000)
    expect(replica.state).toBe('serving')
    script.embed = wrongFrom(8)
    await clock.advance(6_000)
    expect(replica.state).toBe('drifted')
    await replica.close()
  })
})

describe('what a replica has made is proven', () => {
  it('until the first probe began, once the references behind it have passed too', async () => {
    const rest = withResolvers<void>()
    const embed: Backend['embed'] = async ({ texts }) => {
      if (texts[0] === 'golden 8') await rest.promise
      return answerFor(texts)
    }
    const { clock, replica } = setUp({ embed }, { goldens: goldensOf(11) })
    const madeMs = clock.wallNow()
    await clock.advance(1_000)
    replica.start()
    await clock.advance(2_000)
    expect(replica.provenUntilMs()).toBe(madeMs)
    rest.resolve()
    await settle()
    expect(replica.provenUntilMs()).toBe(madeMs + 1_000)
    await replica.close()
  })

  it('no further by a restart whose first probe fails, or whose later references do', async () => {
    const { clock, script, replica } = setUp({}, { goldens: goldensOf(11) })
    const madeMs = clock.wallNow()
    replica.start()
    await clock.advance(100_000)
    script.health = health('down')
    script.embed = async ({ texts }) => (texts[0] === 'golden 8' ? skewed(texts) : answerFor(texts))
    await clock.advance(6_000)
    expect(replica.state).toBe('drifted')
    expect(replica.provenUntilMs()).toBe(madeMs)
    script.embed = async ({ texts }) => answerFor(texts)
    await clock.advance(60_000)
    expect(replica.provenUntilMs()).toBeGreaterThan(madeMs + 160_000)
    await replica.close()
  })

  it('no further by a measurement that the replica was lost in', async () => {
    const rest = withResolvers<void>()
    const { clock, script, replica } = setUp(
      {
        embed: async ({ texts }) => {
          if (texts[0] === 'golden 8') await rest.promise
          return answerFor(texts)
        },
      },
      { goldens: goldensOf(11) },
    )
    const madeMs = clock.wallNow()
    await clock.advance(1_000)
    replica.start()
    await settle()
    script.health = health('down')
    script.start = never
    await clock.advance(6_000)
    rest.resolve()
    await settle()
    expect(replica.provenUntilMs()).toBe(madeMs)
    await replica.close()
  })
})
