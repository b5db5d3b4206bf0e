import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { encodingFormatOf, fieldsOf, textListOf, textsOf } from '../../../gateway/http/input.ts'

const refusal = (run: () => unknown): { code: string; param: string | undefined; message: string } => {
  try {
    run()
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, param: error.param, message: error.message }
    throw error
  }
  throw new Error('nothing was refused')
}

const refused = (value: unknown): { code: string; param: string | undefined } => {
  const { code, param } = refusal(() => textsOf(value, 'input', 4))
  return { code, param }
}

describe('textsOf', () => {
  it('takes a string, and a list as it is', () => {
    const list = ['a', 'b']
    expect(textsOf('a', 'input', 4)).toEqual(['a'])
    expect(textsOf(list, 'input', 4)).toBe(list)
    expect(textsOf(' ', 'input', 4)).toEqual([' '])
  })

  it.each([
    [undefined, 'EG_INPUT_INVALID', 'input'],
    [null, 'EG_INPUT_INVALID', 'input'],
    [5, 'EG_INPUT_INVALID', 'input'],
    [true, 'EG_INPUT_INVALID', 'input'],
    [{}, 'EG_INPUT_INVALID', 'input'],
    [{ length: 1, 0: 'a' }, 'EG_INPUT_INVALID', 'input'],
    ['', 'EG_INPUT_EMPTY', 'input'],
    [[], 'EG_INPUT_EMPTY', 'input'],
    [['a', ''], 'EG_INPUT_EMPTY', 'input[1]'],
    [[1, 2, 3], 'EG_INPUT_TOKENS_UNSUPPORTED', 'input[0]'],
    [[[1, 2]], 'EG_INPUT_TOKENS_UNSUPPORTED', 'input[0]'],
    [['a', [1]], 'EG_INPUT_TOKENS_UNSUPPORTED', 'input[1]'],
    [['a', 7], 'EG_INPUT_TOKENS_UNSUPPORTED', 'input[1]'],
    [[[]], 'EG_INPUT_INVALID', 'input[0]'],
    [[['a']], 'EG_INPUT_INVALID', 'input[0]'],
    [['a', null], 'EG_INPUT_INVALID', 'input[1]'],
    [['a', {}], 'EG_INPUT_INVALID', 'input[1]'],
    [['a', true], 'EG_INPUT_INVALID', 'input[1]'],
    ['\ud800', 'EG_INPUT_NOT_WELL_FORMED', 'input'],
    [['a', 'b\udc00'], 'EG_INPUT_NOT_WELL_FORMED', 'input[1]'],
    [['a', 'b', 'c', 'd', 'e'], 'EG_INPUT_TOO_MANY', 'input'],
  ])('refuses %j with %s at %s', (value, code, param) => {
    expect(refused(value)).toEqual({ code, param })
  })

  it("names LangChain's flag when token ids come", () => {
    const { message } = refusal(() => textsOf([[1, 2]], 'input', 4))
    expect(message).toContain('check_embedding_ctx_length=False')
  })

  it('counts before it looks at any text', () => {
    const texts = new Proxy(
      Array.from({ length: 349_001 }, () => ''),
      {
        get: (list, key, receiver): unknown => {
          if (typeof key === 'string' && Number(key) > 0) throw new Error(`text ${key} was looked at`)
          return Reflect.get(list, key, receiver)
        },
      },
    )
    expect(refused(texts)).toEqual({ code: 'EG_INPUT_TOO_MANY', param: 'input' })
  })

  it('says that long lists of token ids are token ids, not that they are too many', () => {
    expect(refused(Array.from({ length: 5000 }, () => 1)).code).toBe('EG_INPUT_TOKENS_UNSUPPORTED')
  })

  it('[wrong-vector 8] lets through exactly the texts that UTF-8 can hold', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.constantFrom('', '\ud800', '\udbff', '\udc00'),
        (text, lone) => {
          const candidate = text + lone
          const survives = Buffer.from(candidate).toString() === candidate
          if (survives) expect(textsOf([candidate], 'input', 4)).toEqual([candidate])
          else expect(refused([candidate])).toEqual({ code: 'EG_INPUT_NOT_WELL_FORMED', param: 'input[0]' })
        },
      ),
    )
  })
})

describe('textListOf', () => {
  it('wants a list', () => {
    expect(refusal(() => textListOf('a', 'texts', 4)).code).toBe('EG_INPUT_INVALID')
  })
})

describe('fieldsOf', () => {
  it.each([undefined, null, 5, 'x', true, []])('refuses %j, which is no object', (body) => {
    expect(refusal(() => fieldsOf(body)).code).toBe('EG_INPUT_INVALID')
  })
})

describe('encodingFormatOf', () => {
  it.each(['Float', 'base65', 1, true, [], {}])('refuses %j', (value) => {
    expect(refusal(() => encodingFormatOf(value))).toMatchObject({ code: 'EG_INPUT_INVALID', param: 'encoding_format' })
  })
})
