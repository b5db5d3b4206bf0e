import { errorTable, GatewayError, type ErrorCode } from '../../core/errors.ts'

/** What a gateway answered for some texts. */
export interface Answered {
  readonly model: string
  readonly backend: string
  readonly degraded: boolean
  readonly tokens: number
  readonly vectors: readonly (readonly number[])[]
}

/** Embeds texts, one vector each. */
export type Ask = (texts: readonly string[]) => Promise<Answered>

/** The answer of a gateway, here or elsewhere. */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly header: (name: string) => string | null
}

/** What is sent to `POST /v1/embeddings`. */
export const bodyOf = (texts: readonly string[], model: string | undefined): string =>
  JSON.stringify({ input: texts, ...(model !== undefined && { model }) })

/**
 * Reads the answer of `POST /v1/embeddings`.
 *
 * @throws GatewayError what the gateway says; see `refusalOf`
 */
export const answered = (answer: Answer): Answered => {
  const { header } = answer
  const json = parsed(answer.body) as OpenAiAnswer
  if (answer.status !== 200 || !json.data) throw refusalOf(answer)
  return {
    model: json.model ?? '',
    backend: header('x-embedgate-backend') ?? 'unknown',
    degraded: header('x-embedgate-degraded') === 'true',
    tokens: json.usage?.prompt_tokens ?? 0,
    vectors: json.data.map(({ embedding }) => embedding),
  }
}

/**
 * The model that a gateway lists first in its answer of `GET /v1/models`.
 *
 * @throws GatewayError what the gateway says; see `refusalOf`
 */
export const firstModel = (answer: Answer): string => {
  const { data } = parsed(answer.body) as { readonly data?: readonly { readonly id: string }[] }
  const id = Array.isArray(data) ? data[0]?.id : undefined
  if (answer.status !== 200 || typeof id !== 'string') throw refusalOf(answer)
  return id
}

/** The error of a gateway under its own code. Where that is none of ours, or would blame this program, it is told as an answer. */
const refusalOf = ({ status, body }: Answer): GatewayError => {
  const { error } = parsed(body) as OpenAiAnswer
  const { code = `status ${status}`, message = body.slice(0, 200) } = error ?? {}
  if (isCode(code) && code !== 'EG_INTERNAL') return new GatewayError(code, message)
  return new GatewayError(
    status < 500 ? 'EG_INPUT_INVALID' : 'EG_NOT_READY',
    `the gateway answered ${code}: ${message}`,
  )
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code)

interface OpenAiAnswer {
  readonly model?: string
  readonly data?: readonly { readonly embedding: readonly number[] }[]
  readonly usage?: { readonly prompt_tokens: number }
  readonly error?: { readonly code?: string; readonly message?: string }
}

const parsed = (body: string): object => {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
