import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { optionFaults } from '../../../gateway/chain/option-faults.ts'

const strict = { additionalProperties: false } as const
const schema = Type.Object(
  {
    model: Type.String({ minLength: 1 }),
    dims: Type.Integer({ minimum: 1 }),
    workers: Type.Optional(Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1 })])),
    inner: Type.Optional(Type.Object({ x: Type.Number() }, strict)),
  },
  strict,
)
const right = { model: 'm', dims: 8 }

describe('optionFaults', () => {
  it.each([
    [right, []],
    [{}, ['model is required', 'dims is required']],
    [{ model: '', dims: 0 }, ['model must not have fewer than 1 characters', 'dims must be >= 1']],
    [{ ...right, workers: 0 }, ['workers must be "auto", or must be >= 1']],
    [{ ...right, workers: 'many' }, ['workers must be "auto", or must be integer']],
    [{ ...right, inner: { y: 1 } }, ['inner.x is required', 'inner.y is a key that nothing knows']],
    // Who knows the kinds names the nearest one.
    [{ ...right, other: 1 }, []],
  ])('says of %j %j', (options, faults) => {
    expect(optionFaults(options, schema).map(({ key, reason }) => `${key} ${reason}`)).toEqual(faults)
  })
})
