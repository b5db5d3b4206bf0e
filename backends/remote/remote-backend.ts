import type { BackendContext, BackendParts, Health } from '../../gateway/core/backend.ts'
import { openCall, type Call } from '../../gateway/core/call.ts'
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
  /** Tokens of one request, over all texts; undefined where the kind has no such limit. */
  readonly maxRequestTokens?: number
  /** What its entry says of its vectors; undefined where it names no model. */
  readonly space?: Space
  /** Compares what the engine says of itself with its entry. @throws BackendError when they do not fit */
  check?(signal: AbortSignal): Promise<void>
  /** Asked with its health: why it is not the engine that was started. Undefined when it is. */
  changed?(signal: AbortSignal): Promise<string | undefined>
  /** See `Backend.onOtherModel`. */
  onOtherModel?(listener: (reason: string) => void): void
}

/** A start answers one text; an engine that has to load its model for that gets the time. */
const startMs = 30_000
/** Asked first, so that one that cannot be reached does not take all of that: a network that drops everything, a frozen host. */
const reachedMs = 2_000
const firstText = 'ok'

/**
 * A backend over an exchange. It starts by asking for the engine's health, and by embedding one short text: address, key, model
 * and width are right, or it is down with the reason. Engines bill that text; a long one would cost much, and keep a slow engine
 * from its golden probe.
 */
export const remoteBackend = (
  { name, replica, options, clock }: BackendContext<RemoteOptions>,
  { origin, target, headers }: Endpoint,
  exchange: Exchange,
  engine: RemoteEngine,
): BackendParts => {
  let isClosed = false
  const status = async (signal: AbortSignal): Promise<Health> =>
    healthOf(engine.healthRoute, await exchange.statusOf(engine.healthRoute, signal))
  const health = async (signal: AbortSignal): Promise<Health> => {
    const found = await status(signal)
    const changed = found.state === 'up' ? await engine.changed?.(signal) : undefined
    return changed === undefined ? found : { state: 'down', detail: changed }
  }

  /** @throws BackendError `timeout`, or `unavailable` with what its health says */
  const reach = async (start: Call): Promise<void> => {
    const late = (): BackendError =>
      new BackendError('timeout', `the engine has not answered ${engine.healthRoute} within ${reachedMs} ms`)
    const asking = start.within(reachedMs, late)
    try {
      const { state, detail } = await status(asking.signal)
      if (state !== 'up') throw new BackendError('unavailable', detail ?? state)
    } finally {
      asking.release()
    }
  }

  return {
    remote: true,
    claimsSpace: true,
    maxTokens: options.maxTokens,
    limits: {
      texts: options.maxTexts,
      ...(engine.maxRequestTokens !== undefined && { tokens: engine.maxRequestTokens }),
    },
    ...(engine.space && { space: engine.space }),
    ...(options.proxy.length > 0 && { passThrough: { routes: options.proxy, origin, target, headers } }),
    ...(engine.onOtherModel && { onOtherModel: (listener) => engine.onOtherModel?.(listener) }),
    embed: engine.embed,
    health,
    start: async () => {
      if (isClosed) throw new BackendError('unavailable', 'it is closed')
      const facts = { requestId: `start-${name}-${replica}`, tenant: 'embedgate', cache: 'no-store' } as const
      const call = openCall(clock, facts, 'bulk', deadlineIn(clock, startMs))
      try {
        await reach(call)
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
