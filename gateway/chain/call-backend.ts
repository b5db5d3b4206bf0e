import type { Backend } from '../core/backend.ts'
import { BackendError, CallerGone, GatewayError } from '../core/errors.ts'
import type { EmbedFn } from '../core/layer.ts'
import { untilEnded } from '../core/until-aborted.ts'

/**
 * The boundary to a backend's own code: everything inside the chain settles when its call ends, even if the backend
 * does not, and what it throws is of a known class and nobody else's.
 *
 * @throws BackendError `error` for anything that is not a `BackendError`, `GatewayError` or `CallerGone`
 */
export const callBackend =
  (backend: Backend): EmbedFn =>
  async (batch, call) => {
    if (call.endedBy) throw call.endedBy
    try {
      return await untilEnded(call, backend.embed(batch, call))
    } catch (error) {
      if (error instanceof BackendError) throw ownError(error)
      throw error instanceof GatewayError || error instanceof CallerGone ? error : unknownError(backend, error)
    }
  }

/** A lost connection fails all of its calls with one error, and trails are kept by error: each call gets its own. */
const ownError = (cause: BackendError): BackendError => {
  const { fault, message, retryAfterMs } = cause
  return new BackendError(fault, message, { cause, ...(retryAfterMs !== undefined && { retryAfterMs }) })
}

const unknownError = (backend: Backend, cause: unknown): BackendError =>
  new BackendError('error', `${backend.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
