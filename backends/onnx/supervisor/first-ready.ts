import { BackendError, GatewayError } from '../../../gateway/core/errors.ts'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'

/** The result of starting several workers: settled by the first that is ready, or when none can be. */
export interface FirstReady {
  readonly promise: Promise<void>
  succeed(): void
  /** Notes that the worker `name` could not be started. */
  fail(name: string, error: Error): void
  abort(error: Error): void
}

/**
 * Waits for the first of `workers` workers. A missing device or a damaged model is the same for all of them and rejects at
 * once; anything else rejects when every worker has failed, with the last error.
 */
export const firstReady = (workers: number): FirstReady => {
  const failed = new Set<string>()
  const { promise, resolve: succeed, reject: abort } = withResolvers<void>()
  // It may be aborted before anybody waits for it.
  promise.catch(() => {})
  return {
    promise,
    succeed,
    fail(name, error) {
      failed.add(name)
      if (failed.size === workers || isSameForAll(error)) abort(error)
    },
    abort,
  }
}

const isSameForAll = (error: Error): boolean =>
  error instanceof GatewayError || (error instanceof BackendError && error.fault === 'absent')
