import type { BackendContext, BackendParts } from '../../gateway/core/backend.ts'
import { openCall } from '../../gateway/core/call.ts'
import { deadlineIn } from '../../gateway/core/deadline.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import type { EmbedFn } from '../../gateway/core/layer.ts'
import type { Space } from '../../gateway/core/space.ts'
import type { Endpoint } from './endpoint.ts'
import type { Exchange } from './exchange.ts'
import { healthOf } from './health.ts'
import type { RemoteOptions } from './options.ts'

/** What differs between the kinds. */
export interface RemoteEngine {
  readonly embed: EmbedFn
  /** Asks for its health. */
  readonly healthRoute: string
  /** What its entry says of its vectors; undefined where it names no model. */
  readonly space?: Space
  /** Compares what the engine says of itself with its entry. @throws BackendError when they do not fit */
  check?(signal: AbortSignal): Promise<void>
}

/** A start answers one text; an engine that has to load its model for that gets the time. */
const startMs = 30_000
const firstText = 'ok'

/**
 * A backend over an exchange. It starts by embedding one short text: address, key, model and width are right, or it is down
 * with the reason. Engines bill that text.
 */
export const remoteBackend = (
  { name, replica, options, clock }: BackendContext<RemoteOptions>,
  { origin, target, headers }: Endpoint,
  exchange: Exchange,
  engine: RemoteEngine,
): BackendParts => {
  let isClosed = false
  return {
    remote: true,
    claimsSpace: true,
    limits: { texts: options.maxTexts },
    ...(engine.space && { space: engine.space }),
    ...(options.proxy.length > 0 && { passThrough: { routes: options.proxy, origin, target, headers } }),
    embed: engine.embed,
    health: async (signal) => healthOf(engine.healthRoute, await exchange.statusOf(engine.healthRoute, signal)),
    start: async () => {
      if (isClosed) throw new BackendError('unavailable', 'it is closed')
      const facts = { requestId: `start-${name}-${replica}`, tenant: 'embedgate', cache: 'no-store' } as const
      const call = openCall(clock, facts, 'bulk', deadlineIn(clock, startMs))
      try {
        await engine.check?.(call.signal)
        await engine.embed({ texts: [firstText], truncate: true, space: '', minParity: -1 }, call)
      } finally {
        call.release()
      }
    },
    close: async () => {
      isClosed = true
      await exchange.close()
    },
  }
}
