import { Errors } from 'typebox/schema'

interface Example {
  readonly summary: string
  readonly value: unknown
}

interface Media {
  readonly schema: object
  readonly examples?: Readonly<Record<string, Example>>
}

interface Answer {
  readonly headers?: Readonly<Record<string, { readonly schema: object }>>
  readonly content?: Readonly<Record<string, Media>>
}

/** One method of one path. */
export interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, Answer>>
}

/** An API document, to be compared with what a gateway does. */
export interface OpenApi {
  readonly operations: readonly { readonly method: string; readonly path: string; readonly operation: Operation }[]
  requestExamples(operation: Operation): Readonly<Record<string, Example>>
  answerExamples(operation: Operation): readonly (readonly [status: number, Example])[]
  headerNames(method: string, path: string, status: number): readonly string[]
  /** In what an answer differs from the document; headers are left out where there are none. */
  faults(operation: Operation, status: number, headers: Headers | undefined, body: unknown): readonly string[]
}

/** Reads a document as `GET /openapi.json` answers it. */
export const openApi = (json: unknown): OpenApi => {
  const { paths, components } = json as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
    readonly components: { readonly schemas: Readonly<Record<string, object>> }
  }
  const resolved = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(resolved)
    if (typeof schema !== 'object' || schema === null) return schema
    const { $ref } = schema as { readonly $ref?: string }
    if ($ref !== undefined) return resolved(components.schemas[$ref.replace('#/components/schemas/', '')])
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(value)]))
  }
  const faultsOf = (where: string, schema: object, value: unknown): string[] =>
    Errors(resolved(schema) as object, value)[1].map((error) => `${where}${error.instancePath} ${error.message}`)

  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  const examplesOf = (content: Readonly<Record<string, Media>> = {}): Readonly<Record<string, Example>> =>
    Object.assign({}, ...Object.values(content).map(({ examples = {} }) => examples)) as Record<string, Example>

  return {
    operations,
    requestExamples: ({ requestBody }) => examplesOf(requestBody?.content),
    answerExamples: ({ responses }) =>
      Object.entries(responses).flatMap(([status, { content }]) =>
        Object.values(examplesOf(content)).map((example) => [Number(status), example] as const),
      ),
    headerNames: (method, path, status) =>
      Object.keys(paths[path]?.[method.toLowerCase()]?.responses[String(status)]?.headers ?? {}),
    faults: ({ responses }, status, headers, body) => {
      const answer = responses[String(status)]
      if (!answer) return [`${status} is not documented`]
      const [media] = Object.values(answer.content ?? {})
      const wrongHeaders = Object.entries(answer.headers ?? {}).flatMap(([name, { schema }]) => {
        const value = headers?.get(name)
        return value === undefined || value === null ? [] : faultsOf(name, schema, value)
      })
      return [...wrongHeaders, ...(media ? faultsOf('body', media.schema, body) : [])]
    },
  }
}
