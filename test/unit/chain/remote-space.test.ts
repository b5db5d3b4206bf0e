import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writeReferences } from '../../../gateway/chain/references-file.ts'
import type { Backend } from '../../../gateway/core/backend.ts'
import type { Space } from '../../../gateway/core/space.ts'
import { answerFor, callFor, outcome, referencesOf, space } from './fakes.ts'
import { build, closeAll, type Built } from './gateway.ts'

let folder: string
let references: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remote-space-'))
  references = join(folder, 'references.json')
  await writeReferences(references, referencesOf(3))
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(closeAll)

const none = { references: undefined } as unknown as Partial<Backend>
const claim = (over: Partial<Space> = {}): Partial<Backend> => ({
  ...none,
  remote: true,
  claimsSpace: true,
  space: { ...space, pooling: 'unknown', revision: 'unknown', ...over },
})

const chainOf = (behaviour: Record<string, Partial<Backend>>, entry: object = {}): Promise<Built | Error> => {
  const names = Object.keys(behaviour)
  const backends = Object.fromEntries(names.map((name) => [name, { kind: 'fake' }]))
  return outcome(build({ backends, models: { fake: { chain: names, ...entry } } }, behaviour))
}

const modelOf = async (...given: Parameters<typeof chainOf>) => {
  const built = await chainOf(...given)
  if (built instanceof Error) throw built
  const served = built.app.models.find('fake')
  if (!served) throw new Error('no model')
  return { built, served }
}

describe('the space that a remote engine claims', () => {
  it('is the space of a chain of remote engines alone: that of the first', async () => {
    const { served } = await modelOf(
      { a: claim({ model: 'name-here' }), b: claim({ model: 'name-there' }) },
      { references },
    )
    expect(served.model.space).toMatchObject({ model: 'name-here', pooling: 'unknown' })
    expect(served.tiers().map(({ available }) => available)).toEqual([true, true])
  })

  it('gives way to what a local backend knows, wherever that stands', async () => {
    const { built, served } = await modelOf({ remote: claim({ model: 'other' }), local: {} })
    expect(served.model.space).toEqual(space)
    const batch = { texts: ['a'], truncate: true, space: served.model.spaceId, minParity: 0.999 }
    const answer = await served.embed(batch, callFor(built.clock))
    expect([answer.trail[0]?.backend, [...answer.vectors]]).toEqual(['remote', [...answerFor(['a']).vectors]])
  })

  it('does not make it join a chain: the golden probe does', async () => {
    const elsewhere: Partial<Backend> = {
      ...claim(),
      embed: async ({ texts }) => answerFor(texts.map((text) => `not ${text}`)),
    }
    const { served } = await modelOf({ remote: elsewhere, local: {} })
    expect(served.tiers().map(({ available }) => available)).toEqual([false, true])
  })

  it('leaves only the first of a chain without references', async () => {
    const { served } = await modelOf({ a: claim(), b: claim() })
    expect(served.tiers().map(({ name }) => name)).toEqual(['a'])
  })

  it.each([{ dims: 8 }, { normalized: false }])('must fit the others in what is evident: %j', async (over) => {
    const code = 'EG_CONFIG_SPACE_MISMATCH'
    expect(await chainOf({ remote: claim(over), local: {} })).toMatchObject({ code })
    expect(await chainOf({ a: claim(), b: claim(over) }, { references })).toMatchObject({ code })
  })

  it.each([
    [{ remote: claim({ maxTokens: 8_192 }), local: {} }, /remote reads 8192 tokens of a text and local 256,/],
    [{ local: {}, remote: claim({ maxTokens: 128 }) }, /local reads 256 tokens of a text and remote 128,/],
    [{ a: claim({ maxTokens: 512 }), b: claim({ maxTokens: 8_192 }) }, /a reads 512 tokens of a text and b 8192,/],
  ])('must be of texts as long as the others read, or none may be cut, case %#', async (behaviour, message) => {
    const withReferences = 'local' in behaviour ? {} : { references }
    const refused = await chainOf(behaviour, withReferences)
    expect(refused).toMatchObject({ code: 'EG_CONFIG_SPACE_MISMATCH', message: expect.stringMatching(message) })
    expect(refused).toMatchObject({ message: expect.stringContaining('or models.fake.onTooLong to refuse') })
    const built = await chainOf(behaviour, { ...withReferences, onTooLong: 'refuse' })
    expect(built).not.toBeInstanceOf(Error)
  })

  it('must be so where an entry says no model, and so no space, but how long its texts are', async () => {
    const unnamed = (maxTokens: number) => ({ ...claim(), space: undefined, maxTokens }) as unknown as Partial<Backend>
    const refused = await chainOf({ remote: unnamed(512), local: {} })
    const message = expect.stringContaining('remote reads 512 tokens of a text and local 256,')
    expect(refused).toMatchObject({ code: 'EG_CONFIG_SPACE_MISMATCH', message })
    expect(await chainOf({ remote: unnamed(512), local: {} }, { onTooLong: 'refuse' })).not.toBeInstanceOf(Error)
    expect(await chainOf({ remote: unnamed(256), local: {} })).not.toBeInstanceOf(Error)
  })

  it('is not measured by texts that are too long where none may be cut', async () => {
    const short = referencesOf(3)
    const cut = join(folder, 'cut.json')
    await writeReferences(cut, { ...short, truncated: [false, true, false] })
    const { served } = await modelOf({ a: claim() }, { references: cut, onTooLong: 'refuse' })
    expect(served.model.references?.texts).toEqual([short.texts[0], short.texts[2]])
    const whole = await modelOf({ a: claim() }, { references: cut })
    expect(whole.served.model.references?.texts).toEqual(short.texts)
  })

  it('is needed where nobody knows one', async () => {
    const noSpace = { ...claim(), space: undefined } as unknown as Partial<Backend>
    expect(await chainOf({ a: noSpace })).toMatchObject({
      code: 'EG_CONFIG_INVALID',
      message: expect.stringContaining('a remote one says it by its model'),
    })
  })

  it('cannot be two: an engine is measured by one model', async () => {
    const backends = { a: { kind: 'fake' }, b: { kind: 'fake' }, remote: { kind: 'fake' } }
    const models = { one: { chain: ['a', 'remote'] }, two: { chain: ['b', 'remote'] } }
    const behaviour = { remote: claim(), b: { space: { ...space, model: 'another' } } }
    expect(await outcome(build({ backends, models }, behaviour))).toMatchObject({
      code: 'EG_CONFIG_SPACE_MISMATCH',
      message: 'models.two.chain: remote is in the chain of one too, whose vectors differ in model',
    })
  })
})
