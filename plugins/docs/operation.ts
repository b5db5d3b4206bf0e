import { Type } from 'typebox'
import { errorTable, type ErrorCode } from '../../gateway/core/errors.ts'
import type {
  AnswerDescription,
  BodyDescription,
  ErrorExample,
  Example,
  RouteDescription,
} from '../../gateway/core/route-description.ts'
import type { ApiAbout } from './about.ts'
import { anyAnswerHeaders, anyErrors, anyRequestHeaders, errorHeaders, retryHeaders } from './common.ts'
import { errorMeanings } from './error-meanings.ts'

/** The one shape of errors, to be a component of the document. */
export const errorSchema = Type.Object(
  {
    error: Type.Object({
      message: Type.String({ description: 'For people.' }),
      type: Type.String({ description: "The class of the error, in OpenAI's words." }),
      param: Type.Union([Type.String(), Type.Null()], { description: 'The request field or header at fault.' }),
      code: Type.String({ description: 'Stable: what programs should look at.' }),
    }),
  },
  { $id: 'Error' },
)

/** A route's description as @fastify/swagger reads it, with what holds for all routes of an API added. */
export const operationOf = (route: RouteDescription, { keyErrors }: Pick<ApiAbout, 'keyErrors'>): object => {
  const { operationId, summary, description, tag, params, body, key } = route
  const operation = {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    ...(key !== undefined && { security: key === 'never' ? [] : [{ key: [] }] }),
    ...(params && { params: { type: 'object', properties: params, required: Object.keys(params) } }),
    headers: { type: 'object', properties: { ...anyRequestHeaders, ...route.headers } },
    ...(body && { body: mediaOf(body) }),
    response: answersOf(route, key === 'never' ? {} : keyErrors),
  }
  // The library changes what it is given.
  return structuredClone(operation)
}

/** `x-examples` is how the library wants to be told examples that have names. */
const mediaOf = ({ schema, examples }: BodyDescription): object => ({
  ...schema,
  ...(examples && { 'x-examples': examples }),
})

const answersOf = (route: RouteDescription, keyErrors: ApiAbout['keyErrors']): object => {
  const errors = { ...anyErrors, ...keyErrors, ...route.errors }
  const codes = Object.keys(errors) as ErrorCode[]
  const statuses = new Set(codes.map((code) => errorTable[code].status))
  const answers = Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer)] as const)
  return {
    ...Object.fromEntries(answers),
    ...Object.fromEntries(
      [...statuses].map((status) => {
        const ofStatus = codes.filter((code) => errorTable[code].status === status)
        return [status, errorAnswer(route, status, ofStatus, errors)]
      }),
    ),
  }
}

const answerOf = ({
  description,
  headers,
  type = 'application/json',
  schema,
  examples,
}: AnswerDescription): object => ({
  description,
  headers: { ...anyAnswerHeaders, ...headers },
  content: { [type]: { schema, ...(examples && { examples }) } },
})

const errorAnswer = (
  route: RouteDescription,
  status: number,
  codes: readonly ErrorCode[],
  errors: NonNullable<RouteDescription['errors']>,
): object => {
  const schema = { allOf: [{ $ref: 'Error#' }, { properties: { error: { properties: { code: { enum: codes } } } } }] }
  const other = route.answers[status]
  const examples = codes.flatMap((code) => exampleOf(code, errors[code]))
  return {
    description: [other?.description, ...codes.map(meaningOf)].filter((each) => each !== undefined).join('\n\n'),
    headers: {
      ...anyAnswerHeaders,
      ...errorHeaders[status],
      ...route.errorHeaders,
      ...(codes.some((code) => errorTable[code].retry || status >= 500) && retryHeaders),
    },
    content: {
      'application/json': {
        schema: other ? { anyOf: [other.schema, schema] } : schema,
        ...(examples.length > 0 && { examples: Object.fromEntries(examples) }),
      },
    },
  }
}

const meaningOf = (code: ErrorCode): string => `\`${code}\`: ${errorMeanings[code] ?? ''}`

const exampleOf = (code: ErrorCode, example: ErrorExample | null | undefined): [ErrorCode, Example][] => {
  if (!example) return []
  const { message, param = null } = example
  return [[code, { summary: code, value: { error: { message, type: errorTable[code].type, param, code } } }]]
}
