import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { withDefaults } from '../../../gateway/chain/with-defaults.ts'

const Schema = Type.Object({
  width: Type.Integer({ default: 4 }),
  url: Type.Optional(Type.String()),
  mode: Type.Union([Type.Literal('fast'), Type.Literal('slow')], { default: 'fast' }),
  script: Type.Array(Type.Object({ fault: Type.String(), forMs: Type.Integer({ default: 9 }) }), { default: [] }),
  queue: Type.Object({ length: Type.Integer({ default: 1 }) }, { default: {} }),
  limits: Type.Optional(Type.Object({ texts: Type.Integer({ default: 2 }) })),
})

describe('options with defaults', () => {
  it.each<[string, unknown]>([
    ['nothing', {}],
    ['everything', { width: 1, url: 'u', mode: 'slow', script: [], queue: { length: 3 }, limits: { texts: 5 } }],
    ['lists and objects that are not complete', { script: [{ fault: 'a' }, { fault: 'b', forMs: 1 }], limits: {} }],
    ['what does not fit, and unknown keys', { width: 'wide', script: 'none', queue: [], limits: null, other: 1 }],
    ['null', null],
  ])('are what the library makes of %s', (_what, value) => {
    expect(withDefaults(Schema, value)).toEqual(Value.Default(Schema, structuredClone(value)))
  })

  it('share nothing with the schema, and leave what was given as it was', () => {
    const given = { limits: {} }
    const first = withDefaults(Schema, given) as { queue: object; script: unknown[] }
    Object.assign(first.queue, { length: 7 })
    first.script.push(1)
    expect(withDefaults(Schema, {})).toMatchObject({ queue: { length: 1 }, script: [] })
    expect(given).toEqual({ limits: {} })
  })

  it('are not taken from what every object has', () => {
    const schema = Type.Object({ toString: Type.Optional(Type.String()) })
    expect(withDefaults(schema, {})).toEqual({})
  })
})
