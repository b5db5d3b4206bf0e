import { GatewayError } from '../../core/errors.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { damagedModel } from '../local/damaged-model.ts'
import { untilServing } from '../local/settled.ts'
import { silentApp, withApp } from '../local/silent-app.ts'

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

interface Answer {
  readonly status: number
  readonly body: string
  readonly header: (name: string) => string | null
}

/** How long a gateway elsewhere may take for one call. */
const callMs = 120_000

/**
 * Asks a gateway at `url`, with the key of EMBEDGATE_KEY if there is one.
 *
 * @throws GatewayError `EG_NOT_READY` when it cannot be reached, `EG_INPUT_INVALID` with what it answered otherwise
 */
export const askUrl =
  (url: string, model: string | undefined, env: NodeJS.ProcessEnv): Ask =>
  async (texts) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (env['EMBEDGATE_KEY']) headers['authorization'] = `Bearer ${env['EMBEDGATE_KEY']}`
    try {
      const signal = AbortSignal.timeout(callMs)
      const response = await fetch(new URL('/v1/embeddings', url), {
        method: 'POST',
        headers,
        signal,
        body: bodyOf(texts, model),
      })
      const body = await response.text()
      return answered({ status: response.status, body, header: (name) => response.headers.get(name) })
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
      throw new GatewayError('EG_NOT_READY', `${url} cannot be reached: ${reason}`, { cause })
    }
  }

/**
 * Runs `use` with a gateway in this process.
 *
 * @throws GatewayError a start-up code
 */
export const withLocalGateway = async <T>(
  loaded: LoadedConfig,
  model: string | undefined,
  use: (ask: Ask) => Promise<T>,
): Promise<T> =>
  withApp(await silentApp(loaded), async (app) => {
    await app.ready()
    const name = model ?? app.models.list()[0]?.model.name
    if (name !== undefined) await untilServing(app, name, loaded.config.timeouts.modelLoadMs)
    const served = app.models.find(name ?? '')
    const damaged = served && (await damagedModel(app, [served]))
    if (damaged) throw damaged
    return use(async (texts) => {
      const headers = { 'content-type': 'application/json', 'x-embedgate-priority': 'bulk' }
      const response = await app.inject({
        method: 'POST',
        url: '/v1/embeddings',
        headers,
        payload: bodyOf(texts, name),
      })
      const header = (key: string): string | null => String(response.headers[key] ?? '')
      return answered({ status: response.statusCode, body: response.body, header })
    })
  })

const bodyOf = (texts: readonly string[], model: string | undefined): string =>
  JSON.stringify({ input: texts, ...(model !== undefined && { model }) })

const answered = ({ status, body, header }: Answer): Answered => {
  const json = parsed(body)
  if (status !== 200 || !json.data) {
    const { code = `status ${status}`, message = body.slice(0, 200) } = json.error ?? {}
    throw new GatewayError('EG_INPUT_INVALID', `the gateway answered ${code}: ${message}`)
  }
  return {
    model: json.model ?? '',
    backend: header('x-embedgate-backend') ?? 'unknown',
    degraded: header('x-embedgate-degraded') === 'true',
    tokens: json.usage?.prompt_tokens ?? 0,
    vectors: json.data.map(({ embedding }) => embedding),
  }
}

interface OpenAiAnswer {
  readonly model?: string
  readonly data?: readonly { readonly embedding: readonly number[] }[]
  readonly usage?: { readonly prompt_tokens: number }
  readonly error?: { readonly code?: string; readonly message?: string }
}

const parsed = (body: string): OpenAiAnswer => {
  try {
    return JSON.parse(body) as OpenAiAnswer
  } catch {
    return {}
  }
}
