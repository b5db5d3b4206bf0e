import type { TSchema } from 'typebox'
import { Errors } from 'typebox/schema'

/** One thing that is wrong with the options of a backend. */
export interface OptionFault {
  /** From the top of the options, e.g. `faults.0.rate`. */
  readonly key: string
  readonly reason: string
}

/**
 * All in which options differ from the schema of their kind, one fault for each key. Keys at the top that the schema does not know
 * are left out: who knows the kinds can say more of them.
 */
export const optionFaults = (options: unknown, schema: TSchema): readonly OptionFault[] => {
  const errors: readonly SchemaError[] = Errors(schema, options)[1]
  const places = new Set(errors.map(({ instancePath }) => instancePath))
  return [...places].flatMap((place) => {
    const here = errors.filter(({ instancePath }) => instancePath === place)
    return missing(place, here).concat(wrong(place, here))
  })
}

interface SchemaError {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

const missing = (place: string, errors: readonly SchemaError[]): OptionFault[] =>
  errors
    .flatMap(({ params }) => ('requiredProperties' in params ? (params.requiredProperties as string[]) : []))
    .map((name) => ({ key: keyOf(`${place}/${name}`), reason: 'is required' }))

const wrong = (place: string, errors: readonly SchemaError[]): OptionFault[] => {
  const key = keyOf(place)
  if (errors.some(({ keyword }) => keyword === 'boolean')) {
    return place.lastIndexOf('/') === 0 ? [] : [{ key, reason: 'is a key that nothing knows' }]
  }
  const literals = errors.filter(({ keyword }) => keyword === 'const')
  const others = errors.filter(
    ({ keyword, schemaPath }) =>
      !['const', 'anyOf', 'required', 'additionalProperties'].includes(keyword) &&
      !literals.some((literal) => literal.schemaPath === schemaPath),
  )
  const choices = literals.map(({ params }) => JSON.stringify('allowedValue' in params ? params.allowedValue : ''))
  const reasons = [
    ...(choices.length > 0 ? [`must be ${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')}`] : []),
    ...others.map(({ message }) => message),
  ]
  return reasons.length === 0 ? [] : [{ key, reason: reasons.join(', or ') }]
}

const keyOf = (pointer: string): string => pointer.split('/').slice(1).join('.')
