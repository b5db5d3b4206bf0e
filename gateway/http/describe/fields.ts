import { Type, type TSchema } from 'typebox'

/** A field that may be left out; null says the same. */
export const optional = (schema: TSchema, description: string) =>
  Type.Optional(Type.Union([schema, Type.Null()], { description }))

/** One of some words. */
export const word = (...words: readonly string[]) => Type.Unsafe<string>({ type: 'string', enum: words })

const text = Type.String({ minLength: 1 })

/** Texts as a list. */
export const texts = (description: string) => Type.Array(text, { minItems: 1, description })

/** One text, or a list. */
export const oneOrMoreTexts = (description: string) =>
  Type.Union([text, Type.Array(text, { minItems: 1 })], { description })

/** A vector as numbers. */
export const vector = Type.Array(Type.Number(), { description: 'One number a dimension.' })

/** Tokens, texts, positions. */
export const count = (description: string) => Type.Integer({ minimum: 0, description })

/** The kind of text, which picks the prompt that a model wants before it. */
export const inputType = optional(
  Type.String(),
  'What the texts are, e.g. `query` or `document`: puts the prompt of that name before each. `GET /v1/models` lists the names of a model; one without prompts accepts any.',
)
