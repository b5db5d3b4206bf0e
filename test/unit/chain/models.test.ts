import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ChainOptions } from '../../../gateway/chain/index.ts'
import { writeReferences } from '../../../gateway/chain/references-file.ts'
import type { Backend } from '../../../gateway/core/backend.ts'
import type { ModelEntry } from '../../../gateway/core/served-model.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { fakeBackend, never, outcome, referencesOf, settle, space } from './fakes.ts'
import { build, closeAll } from './gateway.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'models-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})
afterEach(closeAll)

const noReferences = { references: undefined } as unknown as Partial<Backend>
const serving = (entry: Partial<ModelEntry>, more: Partial<ChainOptions> = {}): ChainOptions => ({
  backends: { cpu: { kind: 'fake' } },
  models: { fake: { chain: ['cpu'], ...entry } },
  ...more,
})
const modelOf = async (options: ChainOptions, behaviour: Record<string, Partial<Backend>> = {}) => {
  const built = await build(options, behaviour)
  return built.app.models.find('fake')?.model
}

describe('a model', () => {
  it('has the defaults where its entry says nothing, and what the files of its backend say', async () => {
    const behaviour = { cpu: { matryoshkaDims: [2, 3], space: { ...space, prompts: { query: 'q: ' } } } }
    expect(await modelOf(serving({}), behaviour)).toMatchObject({
      name: 'fake',
      aliases: [],
      minParity: 0.999,
      onTooLong: 'truncate',
      matryoshkaDims: [2, 3],
      space: { prompts: { query: 'q: ' } },
    })
  })

  it('has what its entry says', async () => {
    const prompts = { query: 'find: ' }
    expect(await modelOf(serving({ minParity: 0.9, onTooLong: 'refuse', prompts, aliases: ['x'] }))).toMatchObject({
      minParity: 0.9,
      onTooLong: 'refuse',
      aliases: ['x'],
      space: { prompts },
      spaceId: spaceId({ ...space, prompts }),
    })
  })

  it('gives all backends of a chain the same prompts, so that these do not differ', async () => {
    const options = {
      backends: { a: { kind: 'fake' }, b: { kind: 'fake' } },
      models: { fake: { chain: ['a', 'b'], prompts: {} } },
    }
    const behaviour = { a: { space: { ...space, prompts: { query: 'q: ' } } } }
    expect(await modelOf(options, behaviour)).toMatchObject({ space: { prompts: {} } })
  })

  it('takes its references from the file of its entry', async () => {
    const path = join(folder, 'references.json')
    await writeReferences(path, referencesOf(5))
    const model = await modelOf(serving({ references: path }), { cpu: noReferences })
    expect(model?.references).toMatchObject(referencesOf(5))
  })

  it('is refused when that file is of another width', async () => {
    const path = join(folder, 'narrow.json')
    await writeReferences(path, { texts: ['a'], dims: 2, vectors: Float32Array.of(1, 0) })
    expect(await outcome(build(serving({ references: path })))).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      param: 'models.fake.references',
    })
  })
})

describe('a backend', () => {
  it('is created once for all models it serves, with its own options, their defaults, and optional', async () => {
    const { given } = await build({
      backends: { cpu: { kind: 'fake', optional: true, timeoutMs: 5, maxConcurrency: 2, mode: 'fast' } },
      models: { fake: { chain: ['cpu'] }, other: { chain: ['cpu'] } },
    })
    expect([...given]).toEqual([['cpu/0', { dims: 4, mode: 'fast', optional: true }]])
  })

  it('has one replica per URL', async () => {
    const urls = ['http://a', 'http://b']
    const { given, app } = await build(serving({}, { backends: { cpu: { kind: 'fake', urls } } }))
    expect([...given.values()]).toEqual([
      { dims: 4, url: 'http://a' },
      { dims: 4, url: 'http://b' },
    ])
    expect(app.backends.replicas().map(({ backend, replica }) => [backend, replica])).toEqual([
      ['cpu', 0],
      ['cpu', 1],
    ])
  })

  it('tells layers its own policy', async () => {
    const seen: unknown[] = []
    await build(serving({}, { backends: { cpu: { kind: 'fake', timeoutMs: 5, maxConcurrency: 2 } } }), {}, (app) => {
      app.chain.fill('try.timeout', (next, { policy, tier }) => {
        seen.push([tier, policy])
        return next
      })
    })
    expect(seen).toEqual([['cpu', { timeoutMs: 5, maxConcurrency: 2 }]])
  })

  it('serves the models whose floor it reaches, and only those', async () => {
    const off: Backend['embed'] = async (batch, call) => {
      const answer = await fakeBackend().embed(batch, call)
      return { ...answer, vectors: answer.vectors.map((value, index) => (index % 4 === 0 ? value + 0.05 : value)) }
    }
    const models = { fake: { chain: ['cpu'] }, modest: { chain: ['cpu'], minParity: 0.9 } }
    const { app, gauges } = await build(serving({}, { models }), { cpu: { embed: off } })
    const states = app.models.list().map((served) => served.tiers()[0]?.replicas[0]?.state)
    expect(states).toEqual(['drifted', 'serving'])
    expect(gauges).toMatchObject({
      'backend_up cpu': 1,
      'chain_available_tiers fake': 0,
      'chain_available_tiers modest': 1,
    })
  })

  it('that reads stored results is not probed', async () => {
    const backends = { cpu: { kind: 'fake' }, shelf: { kind: 'shelf' } }
    const { app } = await build(serving({ chain: ['cpu', 'shelf'] }, { backends }), { shelf: { embed: never } })
    expect(app.backends.replicas()[1]).toMatchObject({ backend: 'shelf', state: 'serving' })
  })

  it('has gauges from the beginning, before anything changes', async () => {
    const { gauges } = await build(serving({}), { cpu: { start: never } })
    expect(gauges).toEqual({
      'backend_up cpu': 0,
      'backend_parity_floor_cosine cpu': 0.999,
      'chain_available_tiers fake': 0,
    })
  })

  it('may take modelLoadMs to start', async () => {
    const { app, clock } = await build(serving({}, { modelLoadMs: 2_000 }), { cpu: { start: never } })
    await clock.advance(2_000)
    await settle()
    expect(app.backends.replicas()[0]).toMatchObject({ state: 'down' })
  })
})
