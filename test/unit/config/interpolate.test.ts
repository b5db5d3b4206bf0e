import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpolate, protect, restore } from '../../../gateway/config/interpolate.ts'
import { parseFile } from '../../../gateway/config/parse.ts'

const valueOf = (text: string, env: NodeJS.ProcessEnv = {}): unknown => parseFile('c', text, env).value

describe('interpolation', () => {
  it('puts variables into texts, in block and in flow maps', () => {
    expect(valueOf('a: x-${V}-y\nb: { t: ${V}, u: ${W:-d} }', { V: 'v' })).toEqual({
      a: 'x-v-y',
      b: { t: 'v', u: 'd' },
    })
  })

  it('types a plain scalar that is one variable, and leaves a quoted one text', () => {
    expect(valueOf('a: ${N}\nb: "${N}"\nc: ${B}\nd: x${N}', { N: '12', B: 'true' })).toEqual({
      a: 12,
      b: '12',
      c: true,
      d: 'x12',
    })
  })

  it('keeps a number with a leading zero, as keys have them, text', () => {
    expect(valueOf('a: ${N}', { N: '0123' })).toEqual({ a: '0123' })
  })

  it('takes the default of an unset or empty variable, and an empty default for an empty text', () => {
    expect(valueOf('a: ${V:-d}\nb: ${V:-}\nc: ${W:-http://h:1/x}', { V: '' })).toEqual({
      a: 'd',
      b: '',
      c: 'http://h:1/x',
    })
  })

  it('allows spaces in a default', () => {
    expect(valueOf('a: ${V:-two words}')).toEqual({ a: 'two words' })
  })

  it('leaves $${...} as ${...}', () => {
    expect(valueOf('a: "$${HOME} and $${"\nb: { c: $${X} }', { HOME: 'h' })).toEqual({
      a: '${HOME} and ${',
      b: { c: '${X}' },
    })
  })

  it('does not read a value again: ${ in a variable is text', () => {
    expect(valueOf('a: ${V}', { V: '${W}', W: 'no' })).toEqual({ a: '${W}' })
    expect(valueOf('a: ${V}', { V: 'b: [1' })).toEqual({ a: 'b: [1' })
  })

  it('names a variable that is not set, and where', () => {
    const parsed = parseFile('c', 'a:\n  - b: ${NOPE}', {})
    expect(parsed.linesOf(parsed.faults)).toEqual([
      'c:2:8 a.0.b: the environment variable NOPE is not set; set it, or write ${NOPE:-default}',
    ])
  })

  it('explains a ${...} that it does not know', () => {
    expect(parseFile('c', 'a: ${B-c}', {}).faults[0]?.reason).toContain('write $${B-c} for the characters themselves')
  })

  it('asks nothing of comments', () => {
    expect(parseFile('c', '# ${NOPE}\na: 1 # ${NOPE}', {}).faults).toEqual([])
  })

  it('leaves keys alone', () => {
    expect(valueOf('"${V}": 1', { V: 'v' })).toEqual({ '${V}': 1 })
  })

  it('keeps the length of every line, so that places stay right', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('${', '}', '$', 'A', ':-', '\n', '"', '$${', ' ')), (parts) => {
        const source = parts.join('')
        const { text, slots } = protect(source)
        expect(text.split('\n').map((line) => line.length)).toEqual(source.split('\n').map((line) => line.length))
        expect(restore(text, slots)).toBe(source)
      }),
    )
  })

  it('gives any value of a variable back as it is', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const { text, slots } = protect('x${V}')
        expect(interpolate(text, slots, { V: value }).text).toBe(`x${value}`)
      }),
    )
  })
})
