import { afterEach, describe, expect, it } from 'vitest'
import type { ChainOptions } from '../../../gateway/chain/index.ts'
import type { Backend } from '../../../gateway/core/backend.ts'
import type { Embeddings } from '../../../gateway/core/embeddings.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { Drift } from '../../../gateway/core/served-model.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { degradation, servedBy, trailOf } from '../../../gateway/core/trail.ts'
import { withResolvers, type Resolvers } from '../../../gateway/core/with-resolvers.ts'
import { answerFor, batchOf, callFor, outcome, referencesOf, settle, space } from './fakes.ts'
import { build, closeAll, threeTiers } from './gateway.ts'

afterEach(closeAll)

/** Vectors like any others, but wrong. */
const wrong = (texts: readonly string[]): Embeddings => {
  const answer = answerFor(texts)
  return { ...answer, vectors: answer.vectors.map((value) => -value) }
}

/**
 * A gateway whose `gpu` serves after its first 8 references, and computes wrong vectors for requests. The rest of the
 * references comes when told, wrong the first time. Texts may be held.
 */
const doubtful = async (options: ChainOptions = threeTiers, over: Partial<Backend> = {}) => {
  const probe = withResolvers<void>()
  const work = new Map<string, Resolvers<void>>()
  let probes = 0
  const embed: Backend['embed'] = async ({ texts }) => {
    const [first = ''] = texts
    if (first === 'golden 8') {
      const isFirst = probes++ === 0
      await probe.promise
      return isFirst ? wrong(texts) : answerFor(texts)
    }
    if (first.startsWith('golden')) return answerFor(texts)
    await work.get(first)?.promise
    return wrong(texts)
  }
  const told: Drift[] = []
  const built = await build(options, { gpu: { references: referencesOf(11), embed, ...over } }, (app) => {
    app.chain.onDrift(() => {
      throw new Error('a listener that fails')
    })
    app.chain.onDrift((drift) => told.push(drift))
  })
  const ask = (texts: readonly string[]) => {
    const answer = built.app.models.find('fake')?.embed(batchOf(texts), callFor(built.clock))
    return outcome(answer ?? Promise.reject(new Error('not served')))
  }
  const hold = (text: string): void => void work.set(text, withResolvers<void>())
  const release = async (text: string): Promise<void> => {
    work.get(text)?.resolve()
    await settle()
  }
  const drift = async (): Promise<void> => {
    probe.resolve()
    await settle()
  }
  return { ...built, told, ask, hold, release, drift }
}

const rows = (answer: Embeddings | Error): Float32Array => (answer as Embeddings).vectors

describe('a replica that drifts while it serves', () => {
  it('is told of once, at once, with its space and since when, whatever listeners do', async () => {
    const { clock, told, drift } = await doubtful()
    const startMs = clock.wallNow()
    await clock.advance(3_000)
    await drift()
    expect(told).toEqual([{ space: spaceId(space), sinceMs: startMs }])
    await clock.advance(120_000)
    expect(told).toHaveLength(1)
  })

  it('gives no answer that it was computing: the next tier does, and the trail says why', async () => {
    const { ask, hold, release, drift } = await doubtful()
    hold('a')
    const asked = ask(['a', 'b'])
    await drift()
    await release('a')
    const answer = (await asked) as Embeddings
    expect(answer.vectors).toEqual(answerFor(['a', 'b']).vectors)
    expect(servedBy(answer.trail)).toBe('cpu')
    expect(degradation(answer.trail)).toEqual({ from: 'gpu', to: 'cpu', reason: 'drifted' })
  })

  it('gives none of the pieces of a request that had been answered before', async () => {
    const { ask, hold, release, drift } = await doubtful(threeTiers, { limits: { texts: 1 } })
    hold('b')
    const asked = ask(['a', 'b'])
    await settle()
    await drift()
    await release('b')
    expect(rows(await asked)).toEqual(answerFor(['a', 'b']).vectors)
  })

  it('gives nothing to those who join a computation of it later', async () => {
    const { ask, hold, release, drift } = await doubtful()
    hold('a')
    const first = ask(['a'])
    await drift()
    const joined = ask(['a'])
    await release('a')
    expect(rows(await first)).toEqual(answerFor(['a']).vectors)
    expect(rows(await joined)).toEqual(answerFor(['a']).vectors)
  })

  it('ends a request honestly when nothing else can answer', async () => {
    const { ask, hold, release, drift } = await doubtful({
      backends: { gpu: { kind: 'fake' } },
      models: { fake: { chain: ['gpu'] } },
    })
    hold('a')
    const asked = ask(['a'])
    await drift()
    await release('a')
    const error = await asked
    expect(error).toBeInstanceOf(GatewayError)
    expect(error).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
    expect(trailOf(error)).toMatchObject([{ backend: 'gpu', outcome: 'failure', reason: 'drifted' }])
  })

  it('takes no answer from other replicas', async () => {
    const { ask, hold, release, drift } = await doubtful({
      backends: { gpu: { kind: 'fake', urls: ['http://a', 'http://b'] } },
      models: { fake: { chain: ['gpu'] } },
    })
    hold('a')
    hold('b')
    const asked = [ask(['a']), ask(['b'])]
    await settle()
    await drift()
    await release('a')
    await release('b')
    const answers = await Promise.all(asked)
    const trails = answers.map((answer) => (answer instanceof Error ? trailOf(answer) : answer.trail))
    expect(trails.flat().sort((one, other) => one.replica - other.replica)).toMatchObject([
      { replica: 0, outcome: 'failure', reason: 'drifted' },
      { replica: 1, outcome: 'success' },
    ])
  })
})
