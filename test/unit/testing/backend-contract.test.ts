import { describe, expect, it } from 'vitest'
import { syntheticBackend } from '../../../backends/synthetic/synthetic-backend.ts'
import type { Backend } from '../../../gateway/core/backend.ts'
import { vectorOf, type Embeddings } from '../../../gateway/core/embeddings.ts'
import { backendContract, callOf, contextOf, type ContractSubject } from '../../../gateway/testing/index.ts'

/** Runs the suite outside any test runner; answers the names of the tests that failed. */
const failuresOf = async (subject: ContractSubject): Promise<string[]> => {
  const tests: [string, () => Promise<void>][] = []
  const ends: (() => Promise<void>)[] = []
  backendContract(
    {
      describe: (_, define) => define(),
      it: (name, run) => tests.push([name, run]),
      after: (run) => ends.push(run),
    },
    'subject',
    subject,
  )
  const failed: string[] = []
  for (const [name, run] of tests) await run().catch(() => failed.push(name))
  for (const end of ends) await end()
  return failed
}

const options = { dims: 8, maxTokens: 64, latencyMs: 0, msPerToken: 0, jitterMs: 0, failRatio: 0, seed: 1, faults: [] }

/** A correct backend, changed. */
const broken = (change: (backend: Backend) => Partial<Backend>) => ({
  create: (): Backend => {
    const backend = syntheticBackend(contextOf(options))
    return { ...backend, ...change(backend) }
  },
})

const answering = (change: (answer: Embeddings, texts: readonly string[]) => Embeddings): ContractSubject =>
  broken(({ embed }) => ({ embed: async (batch, call) => change(await embed(batch, call), batch.texts) }))

const distinct = 'gives different texts different vectors'
const sameVector =
  'gives a text the same vector and tokens alone, in a batch, in a reversed batch and twice in one batch'
const batch = 'answers a batch with one usable row per text, of the width of its space'
const concurrent = 'never gives one of 200 concurrent calls the rows of another'
const ownMemory = 'answers with memory that later calls do not touch'

describe('backend contract', () => {
  it('is passed by a correct backend', async () => {
    expect(await failuresOf(broken(() => ({})))).toEqual([])
  })

  it('keeps the process awake while a test runs, and no longer', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
    const before = timers()
    const during: number[] = []
    await failuresOf(broken(({ embed }) => ({ embed: (given, call) => (during.push(timers()), embed(given, call)) })))
    expect(Math.min(...during)).toBe(before + 1)
    expect(timers()).toBe(before)
  })

  it('notices rows in another order', async () => {
    const reversed = answering((answer, texts) => ({
      ...answer,
      vectors: Float32Array.from(texts.flatMap((_, row) => [...vectorOf(answer, texts.length - 1 - row)])),
    }))
    expect(await failuresOf(reversed)).toEqual(expect.arrayContaining([sameVector, concurrent]))
  })

  it('notices one vector for all texts', async () => {
    const constant = answering((answer, texts) => ({
      ...answer,
      vectors: Float32Array.from(texts.flatMap(() => [1, 0, 0, 0, 0, 0, 0, 0])),
    }))
    expect(await failuresOf(constant)).toEqual([distinct])
  })

  it('notices that a text is embedded differently in a batch', async () => {
    const padded = answering((answer, texts) => {
      const vectors = answer.vectors.map((value) => value + (texts.length > 1 ? 1e-4 : 0))
      return { ...answer, vectors }
    })
    expect(await failuresOf(padded)).toEqual(expect.arrayContaining([sameVector]))
    expect(await failuresOf({ ...padded, tolerance: 1e-3 })).toEqual([])
  })

  it.each<[string, (answer: Embeddings) => Embeddings]>([
    ['a row too few', (answer) => ({ ...answer, vectors: answer.vectors.slice(0, -8) })],
    ['a row that is not finite', (answer) => ({ ...answer, vectors: answer.vectors.fill(Number.NaN, 0, 1) })],
    ['rows that are not normalised', (answer) => ({ ...answer, vectors: answer.vectors.map((value) => value * 2) })],
    ['too few token counts', (answer) => ({ ...answer, tokens: answer.tokens.slice(1) })],
    ['another width than the space', (answer) => ({ ...answer, dims: 4, vectors: answer.vectors.slice(0, -1) })],
    ['rows that say they are stale', (answer) => ({ ...answer, source: answer.source.fill(2) })],
  ])('notices %s', async (_, change) => {
    expect(await failuresOf(answering(change))).toContain(batch)
  })

  it('notices answers that share memory with later ones', async () => {
    const shared = new Float32Array(1 << 20)
    const aliasing = answering((answer) => {
      shared.set(answer.vectors)
      return { ...answer, vectors: shared.subarray(0, answer.vectors.length) }
    })
    expect(await failuresOf(aliasing)).toContain(ownMemory)
  })

  it('notices rows that get to another call', async () => {
    let waiting: ((answer: Embeddings) => void) | undefined
    const swapping = broken(({ embed }) => ({
      embed: async (batchOfCall, call) => {
        const answer = await embed(batchOfCall, call)
        if (batchOfCall.texts.length !== 1) return answer
        const other = waiting
        waiting = undefined
        other?.(answer)
        return new Promise((resolve) => {
          const timer = setTimeout(resolve, 5, answer)
          waiting = (theirs) => {
            clearTimeout(timer)
            resolve(theirs)
          }
        })
      },
    }))
    expect(await failuresOf(swapping)).toContain(concurrent)
  })

  it('notices texts that are changed', async () => {
    const sorting = broken(({ embed }) => ({
      embed: async (given, call) => {
        ;(given.texts as string[]).sort()
        return embed(given, call)
      },
    }))
    expect(await failuresOf(sorting)).toContain('does not change the texts it is given')
  })

  it('notices a call that is worked on after its end', async () => {
    const deaf = broken(({ embed }) => ({
      embed: (given) => embed(given, callOf()),
    }))
    expect(await failuresOf(deaf)).toContain('rejects a call whose time was up before it began')
  })

  it('notices that too long texts are cut where that is refused, or cut without saying so', async () => {
    const cutting = broken(({ embed }) => ({ embed: (given, call) => embed({ ...given, truncate: true }, call) }))
    const silent = answering((answer) => ({ ...answer, truncated: answer.truncated.fill(0) }))
    expect(await failuresOf(cutting)).toEqual([
      'refuses a text that is too long with EG_INPUT_TOO_LONG when it may not cut it, and answers the next call',
    ])
    expect(await failuresOf(silent)).toEqual(['cuts a text that is too long, and says so, when it may'])
  })

  it('notices vectors that are not those that are known to be right', async () => {
    const wrong: ContractSubject = { ...broken(() => ({})), vectorsOf: (texts) => new Float32Array(texts.length * 8) }
    expect(await failuresOf(wrong)).toEqual(['gives the vectors that are known to be right'])
  })

  it('notices a backend that is not up, or cannot be closed twice', async () => {
    const silent = broken(() => ({ health: async () => ({ state: 'starting' as const }) }))
    expect(await failuresOf(silent)).toEqual(['is up once it has started'])
    const fragile = broken((inner) => {
      let closed = false
      return {
        close: async () => {
          if (closed) throw new Error('closed already')
          closed = true
          await inner.close()
        },
      }
    })
    expect(await failuresOf(fragile)).toContain('can be closed twice, and never started')
  })
})
