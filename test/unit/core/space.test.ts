import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutSpace, spaceDifferences, spaceId, type Space } from '../../../gateway/core/space.ts'

const space: Space = {
  model: 'm',
  revision: 'r',
  dims: 384,
  pooling: 'mean',
  normalized: true,
  maxTokens: 256,
  prompts: { query: 'q: ', document: 'd: ' },
}

const changes: Partial<Space>[] = [
  { model: 'other' },
  { revision: 'other' },
  { dims: 383 },
  { pooling: 'cls' },
  { normalized: false },
  { maxTokens: 512 },
  { prompts: { query: 'q:', document: 'd: ' } },
]

describe('the id of a space', () => {
  it.each(changes)('changes with %j', (change) => {
    expect(spaceId({ ...space, ...change })).not.toBe(spaceId(space))
  })

  it('does not depend on the order of prompts', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (prompts) => {
        const reversed = Object.fromEntries(Object.entries(prompts).toReversed())
        expect(spaceId({ ...space, prompts: reversed })).toBe(spaceId({ ...space, prompts }))
      }),
    )
  })

  it('differs for a cut space', () => {
    expect(spaceId(cutSpace(space, 128))).not.toBe(spaceId(space))
  })
})

describe('the differences of two spaces', () => {
  it('are none for equal spaces', () => {
    expect(spaceDifferences(space, { ...space, prompts: { document: 'd: ', query: 'q: ' } })).toEqual([])
  })

  it.each(changes)('name the field of %j', (change) => {
    expect(spaceDifferences(space, { ...space, ...change })).toEqual(Object.keys(change))
  })
})
