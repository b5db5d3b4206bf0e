import { Type } from 'typebox'
import type { ErrorCode } from '../../gateway/core/errors.ts'
import type { ErrorExample, HeaderDescriptions } from '../../gateway/core/route-description.ts'

type Errors = Readonly<Partial<Record<ErrorCode, ErrorExample | null>>>

/** What any route may answer. */
export const anyErrors: Errors = {
  EG_INPUT_INVALID: null,
  EG_REQUEST_TIMEOUT: null,
  EG_HEADERS_TOO_LARGE: null,
  EG_INTERNAL: null,
  EG_SHUTTING_DOWN: null,
}

/** What any request may carry. */
export const anyRequestHeaders: HeaderDescriptions = {
  'x-request-id': Type.String({
    description:
      'Up to 128 letters, digits, `.`, `_` and `-`: taken over into the answer, logs and traces. Otherwise a new one is made.',
  }),
}

/** What any answer carries. */
export const anyAnswerHeaders: HeaderDescriptions = {
  'x-request-id': Type.String({ description: 'Names the request in logs and traces.', examples: ['my-request-1'] }),
}

/** What errors of a status carry, some of them. */
export const errorHeaders: Readonly<Record<number, HeaderDescriptions>> = {
  401: { 'www-authenticate': Type.String({ description: 'The scheme that is wanted: `Bearer`.' }) },
  405: { allow: Type.String({ description: 'The methods that the path takes.' }) },
}

/** What errors carry that may pass by themselves. */
export const retryHeaders: HeaderDescriptions = {
  'retry-after': Type.String({ description: 'Seconds after which there should be room.', examples: ['1'] }),
  'retry-after-ms': Type.String({ description: 'The same in milliseconds.', examples: ['850'] }),
  'x-should-retry': Type.String({ description: '`false` where trying again does not help, or not within a minute.' }),
}
