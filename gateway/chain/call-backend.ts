import type { Backend } from '../core/backend.ts'
import { BackendError, CallerGone, GatewayError } from '../core/errors.ts'
import type { EmbedFn } from '../core/layer.ts'
import { untilEnded } from '../core/until-aborted.ts'

/**
 * The boundary to a backend's own code: everything inside the chain settles when its call ends, even if the backend
 * does not, and what it throws is of a known class.
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
      throw isKnown(error) ? error : unknownError(backend, error)
    }
  }

const isKnown = (error: unknown): boolean =>
  error instanceof BackendError || error instanceof GatewayError || error instanceof CallerGone

const unknownError = (backend: Backend, cause: unknown): BackendError =>
  new BackendError('error', `${backend.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
