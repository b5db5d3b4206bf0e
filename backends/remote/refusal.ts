import { BackendError, GatewayError } from '../../gateway/core/errors.ts'
import { overloadOf } from '../../gateway/core/retry-after.ts'
import { engineErrorOf, type EngineError } from './engine-error.ts'
import type { Answer } from './exchange.ts'

/** Statuses that depend on what was sent, and so on the caller. */
const ofTheInput: ReadonlySet<number> = new Set([400, 413, 422])

/** Codes that speak of the entry, whatever the status: its key, its model, its quota. */
const ofTheEntry: ReadonlySet<string> = new Set([
  'invalid_api_key',
  'model_not_found',
  'DeploymentNotFound',
  'insufficient_quota',
  'billing_hard_limit_reached',
])

/** OpenAI's code for texts that have more tokens together than one request may, however short each of them is. */
const tooManyTokens = 'max_tokens_per_request'

/**
 * What an answer that is no 200 means (docs/adr/0012): the engine is full (`busy`); it refuses the input, which is the
 * caller's fault; or it failed or refuses this gateway (`status`), so that the next tier answers and nobody else is told.
 *
 * @param wallMs the time of day
 * @param texts how many were sent: when several are too much together (`EG_INPUT_TOO_MANY`), none of them need be too long
 */
export const refusalOf = (
  { status, headers, body }: Answer,
  wallMs: number,
  texts = 1,
): BackendError | GatewayError => {
  const error = engineErrorOf(body)
  const said = `status ${status}${error.code === undefined ? '' : `, ${error.code}`}`
  if (error.code !== undefined && ofTheEntry.has(error.code)) return failed(said)
  const overload = overloadOf(status, headers, wallMs)
  if (overload) return new BackendError('busy', `the engine is full (${said})`, overload)
  if (!(ofTheInput.has(status) || (status === 500 && error.isOverBatchSize)) || isOfAnotherField(error)) {
    return failed(said)
  }
  const isTooMuch = status === 413 || error.code === tooManyTokens
  if (isTooMuch && !error.isTooLong && texts > 1) {
    const message = `${texts} texts are more than the engine takes at once (${said})`
    return new GatewayError('EG_INPUT_TOO_MANY', message, { param: 'input' })
  }
  if (error.isTooLong || isTooMuch) {
    return new GatewayError('EG_INPUT_TOO_LONG', `a text is longer than the engine reads (${said})`, { param: 'input' })
  }
  return new GatewayError('EG_INPUT_REJECTED', `the engine refuses the input (${said})`, { param: 'input' })
}

const failed = (said: string): BackendError => new BackendError('status', `the engine answered with ${said}`)

/** All fields but the texts come from the entry. */
const isOfAnotherField = ({ param }: EngineError): boolean => param !== undefined && !/^inputs?\b/.test(param)
