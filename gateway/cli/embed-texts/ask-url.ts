import { GatewayError } from '../../core/errors.ts'
import { answered, bodyOf, firstModel, type Answer, type Ask } from './answer.ts'

/** How long a gateway elsewhere may take for one call. */
const callMs = 120_000

/**
 * Asks a gateway at `url`, with the key of EMBEDGATE_KEY if there is one.
 *
 * @param model the first one that the gateway lists, when undefined
 * @throws GatewayError `EG_NOT_READY` when it cannot be reached, otherwise what it answered
 */
export const askUrl = (url: string, model: string | undefined, env: NodeJS.ProcessEnv): Ask => {
  const key = env['EMBEDGATE_KEY']
  const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) }
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    try {
      const response = await fetch(new URL(path, url), { ...init, headers, signal: AbortSignal.timeout(callMs) })
      const body = await response.text()
      return { status: response.status, body, header: (name) => response.headers.get(name) }
    } catch (cause) {
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
      const remedy = 'Start a gateway with `embedgate serve`, or leave --url out to embed without one.'
      throw new GatewayError('EG_NOT_READY', `${url} cannot be reached: ${reason}\n${remedy}`, { cause })
    }
  }
  let name = model
  return async (texts) => {
    name ??= firstModel(await send('/v1/models', {}))
    return answered(await send('/v1/embeddings', { method: 'POST', body: bodyOf(texts, name) }))
  }
}
