import type { TSchema } from 'typebox'
import type { ErrorCode } from './errors.ts'

/** A value to try, or to expect. */
export interface Example {
  readonly summary: string
  readonly value: unknown
}

/** A body of a request or an answer. */
export interface BodyDescription {
  /** `application/json` by default. */
  readonly type?: string
  readonly schema: TSchema
  /** By a short name. */
  readonly examples?: Readonly<Record<string, Example>>
}

/** Headers by their lower-case names; each schema has a description. */
export type HeaderDescriptions = Readonly<Record<string, TSchema>>

/** What a route answers with one status. */
export interface AnswerDescription extends BodyDescription {
  readonly description: string
  readonly headers?: HeaderDescriptions
}

/** What the answer of an error says, in a typical case. */
export interface ErrorExample {
  readonly message: string
  /** The request field or header at fault. */
  readonly param?: string
}

/**
 * What a route says of itself for the API document, in `config.description`. Nothing is checked or written by it: these routes
 * check by hand, for messages that help, and write by hand, for speed.
 */
export interface RouteDescription {
  /** For generated clients. */
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  /** Markdown. */
  readonly description?: string
  /** The path as OpenAPI writes it, where the route's own has a wildcard. */
  readonly path?: string
  /** Whether it needs a key, whatever the rest of the API does. */
  readonly key?: 'never' | 'always'
  readonly params?: Readonly<Record<string, TSchema>>
  readonly headers?: HeaderDescriptions
  readonly body?: BodyDescription
  /** By status; those of errors are left out. */
  readonly answers: Readonly<Record<number, AnswerDescription>>
  /** Codes that this route answers besides those that any route may; null where there is no example. */
  readonly errors?: Readonly<Partial<Record<ErrorCode, ErrorExample | null>>>
  /** Of answers to errors. */
  readonly errorHeaders?: HeaderDescriptions
}
