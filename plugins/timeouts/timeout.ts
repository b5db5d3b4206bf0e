import type { EmbedFn } from '../../gateway/core/layer.ts'

/**
 * Bounds one attempt: its signal fires after `timeoutMs`, or when the request's deadline passes if that is sooner. The
 * chain settles an attempt when its signal fires even if the backend does not, and drops what comes late. The timer is
 * released as soon as the attempt settles.
 *
 * @throws BackendError `timeout` (a failure of the backend), or GatewayError `EG_DEADLINE` (final, nobody's fault)
 */
export const timeout =
  (timeoutMs: number) =>
  (next: EmbedFn): EmbedFn =>
  async (batch, call) => {
    const attempt = call.within(timeoutMs)
    try {
      return await next(batch, attempt)
    } finally {
      attempt.release()
    }
  }
