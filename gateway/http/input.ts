import type { EncodingFormat } from '../core/embeddings.ts'
import { GatewayError } from '../core/errors.ts'

/** Field names and values of a request's JSON object. */
export type Fields = Readonly<Record<string, unknown>>

/** The request's JSON object; unknown fields are left alone. @throws GatewayError `EG_INPUT_INVALID` for anything else */
export const fieldsOf = (body: unknown): Fields => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GatewayError('EG_INPUT_INVALID', 'the request body must be a JSON object')
  return body as Fields
}

/**
 * The texts of a request.
 *
 * @param field the field they came in, for messages and `param`
 * @param maxTexts more is refused before any of them is looked at: 1 MiB of `""` is 349 001 texts
 * @throws GatewayError `EG_INPUT_INVALID`, `EG_INPUT_EMPTY`, `EG_INPUT_TOO_MANY`, `EG_INPUT_TOKENS_UNSUPPORTED`,
 *   `EG_INPUT_NOT_WELL_FORMED`, with `param` naming the field and the position
 */
export const textsOf = (value: unknown, field: string, maxTexts: number): readonly string[] => {
  if (typeof value === 'string') {
    checkText(value, field)
    return [value]
  }
  return textListOf(value, field, maxTexts)
}

/** The same where only a list will do. @throws GatewayError as `textsOf` */
export const textListOf = (value: unknown, field: string, maxTexts: number): readonly string[] => {
  if (!Array.isArray(value)) {
    const what = value === undefined || value === null ? 'is required' : `is ${nounOf(value)}`
    throw new GatewayError('EG_INPUT_INVALID', `${field} ${what}; send text`, { param: field })
  }
  if (value.length === 0)
    throw new GatewayError('EG_INPUT_EMPTY', `${field} is an empty list; send at least one text`, { param: field })
  refuseTokens(value[0], `${field}[0]`)
  if (value.length > maxTexts)
    throw new GatewayError('EG_INPUT_TOO_MANY', `${field} has ${value.length} texts; at most ${maxTexts} go at once`, {
      param: field,
    })
  for (let index = 0; index < value.length; index++) {
    const text: unknown = value[index]
    // The position is put into words only when it is needed: this loop is on every request's way.
    if (typeof text !== 'string' || text === '' || !text.isWellFormed()) checkText(text, `${field}[${index}]`)
  }
  return value as readonly string[]
}

const checkText = (text: unknown, param: string): void => {
  refuseTokens(text, param)
  if (typeof text !== 'string')
    throw new GatewayError('EG_INPUT_INVALID', `${param} is ${nounOf(text)}; send text`, { param })
  if (text === '') throw new GatewayError('EG_INPUT_EMPTY', `${param} is an empty string`, { param })
  // All lone surrogates become U+FFFD in UTF-8: different texts would share a vector and a cache key.
  if (!text.isWellFormed())
    throw new GatewayError('EG_INPUT_NOT_WELL_FORMED', `${param} holds half of a surrogate pair, so it is not text`, {
      param,
    })
}

const refuseTokens = (value: unknown, param: string): void => {
  const isToken = typeof value === 'number' || (Array.isArray(value) && typeof value[0] === 'number')
  if (!isToken) return
  const why = 'token ids belong to the tokenizer of another model and would give vectors of another meaning'
  const remedy = 'send text; with LangChain, set check_embedding_ctx_length=False'
  throw new GatewayError('EG_INPUT_TOKENS_UNSUPPORTED', `${param} holds token ids: ${why}; ${remedy}`, { param })
}

const nounOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** How vectors are to be written, `float` by default. @throws GatewayError `EG_INPUT_INVALID` */
export const encodingFormatOf = (value: unknown): EncodingFormat => {
  if (value === undefined || value === null || value === 'float') return 'float'
  if (value === 'base64') return 'base64'
  throw new GatewayError('EG_INPUT_INVALID', 'encoding_format must be "float" or "base64"', {
    param: 'encoding_format',
  })
}

/** An optional true or false. @throws GatewayError `EG_INPUT_INVALID` */
export const booleanOf = (value: unknown, field: string, fallback: boolean): boolean => {
  if (value === undefined || value === null) return fallback
  if (typeof value === 'boolean') return value
  throw new GatewayError('EG_INPUT_INVALID', `${field} must be true or false`, { param: field })
}
