import { describe, expect, it } from 'vitest'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { answerFor, space } from './fakes.ts'
import { goldensOf, health, setUp, skewed } from './life.ts'

/** A serving replica of four references whose canaries go where `way` says. */
const serving = async (way: EmbedFn = async ({ texts }) => answerFor(texts)) => {
  const sent: { texts: readonly string[]; atMs: number; priority: string; cache: string; tenant: string }[] = []
  let canaries = 0
  const built = setUp({}, { goldens: goldensOf(4), random: () => 0.5, onCanary: () => void canaries++ })
  const script = { way }
  built.replica.canariesGo(spaceId(space), (batch, call) => {
    const { priority, cache, tenant } = call
    sent.push({ texts: batch.texts, atMs: built.clock.now(), priority, cache, tenant })
    return script.way(batch, call)
  })
  built.replica.start()
  await built.clock.advance(0)
  return { ...built, sent, way: script, canaries: () => canaries }
}

describe('canaries of a serving replica', () => {
  it('are two references every 30 s, in turn, as bulk work that no cache answers, on the way of any try', async () => {
    const { clock, sent, canaries, replica } = await serving()
    await clock.advance(120_000)
    expect(sent.map(({ texts }) => texts)).toEqual([
      ['golden 0', 'golden 1'],
      ['golden 2', 'golden 3'],
      ['golden 0', 'golden 1'],
      ['golden 2', 'golden 3'],
    ])
    expect(sent.map(({ atMs }) => atMs)).toEqual([30_000, 60_000, 90_000, 120_000])
    expect(sent[0]).toMatchObject({ priority: 'bulk', cache: 'no-store', tenant: 'embedgate' })
    expect(canaries()).toBe(4)
    await replica.close()
  })

  it('come a fifth sooner or later, so that replicas are not asked all at once', async () => {
    for (const [draw, atMs] of [
      [0, 24_000],
      [0.999_999, 35_999],
    ] as const) {
      const { clock, replica } = setUp({}, { goldens: goldensOf(4), random: () => draw })
      const sentAtMs: number[] = []
      replica.canariesGo(spaceId(space), async ({ texts }) => {
        sentAtMs.push(clock.now())
        return answerFor(texts)
      })
      replica.start()
      await clock.advance(37_000)
      expect(sentAtMs.map(Math.floor)).toEqual([atMs])
      await replica.close()
    }
  })

  it('leave out references of texts that are cut, which are measured after a start and after a drift', async () => {
    const { references, ...goldens } = goldensOf(4)
    const probed: string[] = []
    const built = setUp({}, { goldens: { ...goldens, references: { ...references, truncated: [false, false, true] } } })
    const { clock, script, replica } = built
    script.embed = async ({ texts }) => {
      probed.push(...texts)
      return answerFor(texts)
    }
    const sent: string[] = []
    let isWrong = false
    replica.canariesGo(spaceId(space), async ({ texts }) => {
      sent.push(...texts)
      return isWrong ? skewed(texts) : answerFor(texts)
    })
    replica.start()
    await clock.advance(120_000)
    expect(probed.filter((text) => text === 'golden 2')).toHaveLength(1)
    expect(new Set(sent)).toEqual(new Set(['golden 0', 'golden 1', 'golden 3']))
    isWrong = true
    await clock.advance(30_000)
    expect(replica.state).toBe('drifted')
    await clock.advance(60_000)
    expect(probed.filter((text) => text === 'golden 2')).toHaveLength(2)
    await replica.close()
  })

  it('are of texts that are cut where there are no others', async () => {
    const { references, ...goldens } = goldensOf(1)
    const { clock, replica } = setUp({}, { goldens: { ...goldens, references: { ...references, truncated: [true] } } })
    const sent: string[] = []
    replica.canariesGo(spaceId(space), async ({ texts }) => {
      sent.push(...texts)
      return answerFor(texts)
    })
    replica.start()
    await clock.advance(60_000)
    expect(sent).toEqual(['golden 0', 'golden 0'])
    await replica.close()
  })

  it('of another space are not its own', async () => {
    const { clock, replica } = setUp({}, { goldens: goldensOf(4) })
    replica.canariesGo('ffffffffffffffff', () => Promise.reject(new Error('not asked')))
    replica.start()
    await clock.advance(60_000)
    expect(replica.state).toBe('serving')
    await replica.close()
  })

  it('take it out as soon as one is off, and let it serve again when all references are right', async () => {
    const { clock, script, way, replica } = await serving()
    await clock.advance(45_000)
    way.way = script.embed = async ({ texts }) => skewed(texts)
    await clock.advance(15_000)
    expect(replica.state).toBe('drifted')
    expect(replica.parity).toBeLessThan(0.999)
    await clock.advance(60_000)
    expect(replica.state).toBe('drifted')
    way.way = script.embed = async ({ texts }) => answerFor(texts)
    await clock.advance(60_000)
    expect(replica).toMatchObject({ state: 'serving' })
    expect(replica.parity).toBeCloseTo(1, 6)
    await replica.close()
  })

  it('that fail or hang change nothing by themselves, are no success, and are asked again in their turn', async () => {
    const { clock, sent, canaries, way, replica } = await serving(() =>
      Promise.reject(new BackendError('connection', 'lost')),
    )
    await clock.advance(30_000)
    way.way = () => new Promise(() => {})
    await clock.advance(60_000)
    expect(canaries()).toBe(0)
    expect(replica.state).toBe('serving')
    way.way = async ({ texts }) => answerFor(texts)
    await clock.advance(30_000)
    expect(new Set(sent.map(({ texts }) => texts[0]))).toEqual(new Set(['golden 0']))
    expect(canaries()).toBe(1)
    await replica.close()
  })

  it('prove what was made before their round began, once all references were right', async () => {
    const { clock, replica } = await serving()
    const startMs = clock.wallNow()
    await clock.advance(60_000)
    expect(replica.provenUntilMs()).toBe(startMs)
    await clock.advance(60_000)
    expect(replica.provenUntilMs()).toBe(startMs + 60_000)
    await replica.close()
  })

  it('show the lowest cosine of the last round and this one', async () => {
    const dull: EmbedFn = async ({ texts }) => {
      const answer = answerFor(texts)
      return { ...answer, vectors: answer.vectors.map((value, index) => (index % 4 === 0 ? value + 0.01 : value)) }
    }
    const { clock, way, replica } = await serving()
    way.way = dull
    await clock.advance(30_000)
    const low = replica.parity ?? 1
    expect(low).toBeLessThan(0.99999)
    way.way = async ({ texts }) => answerFor(texts)
    await clock.advance(60_000)
    expect(replica.parity).toBe(low)
    await clock.advance(60_000)
    expect(replica.parity).toBeGreaterThan(low)
    await replica.close()
  })

  it('end with its serving, and leave no timer', async () => {
    const { clock, sent, script, replica } = await serving()
    script.health = health('down')
    script.start = () => new Promise(() => {})
    await clock.advance(6_000)
    expect(replica.state).toBe('down')
    await clock.advance(50_000)
    expect(sent).toEqual([])
    await replica.close()
    expect(clock.pending).toBe(0)
  })
})
