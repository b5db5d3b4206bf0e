import { setMaxListeners } from 'node:events'
import type { BackendKind, Health } from '../core/backend.ts'
import { GatewayError } from '../core/errors.ts'
import { replicaName } from '../core/replica-name.ts'
import type { Backends } from '../core/served-model.ts'
import { untilAborted } from '../core/until-aborted.ts'
import type { Replica } from './replica.ts'

/** `app.backends`, as the chain uses it. */
export interface BackendRegistry extends Backends {
  /** Sets the replicas; from now on `register` is refused. */
  use(replicas: readonly Replica[]): void
}

/** A registry without kinds. */
export const backendRegistry = (): BackendRegistry => {
  const kinds = new Map<string, BackendKind>()
  let replicas: readonly Replica[] | undefined
  return {
    register: (kind, definition) => {
      if (replicas) throw new GatewayError('EG_PLUGIN_FAILED', `backend kind ${kind}: the gateway is ready already`)
      if (kinds.has(kind)) throw new GatewayError('EG_PLUGIN_FAILED', `backend kind ${kind}: it is registered already`)
      kinds.set(kind, definition)
    },
    kinds: () => kinds,
    replicas: () => (replicas ?? []).map((replica) => replica.status()),
    passThrough: (name) => {
      const named = (replicas ?? []).filter(({ backend }) => backend.name === name)
      return (named.find(({ state }) => state === 'serving') ?? named[0])?.backend.passThrough
    },
    health: async (signal) => {
      // One for each replica, of which there may be many.
      setMaxListeners(0, signal)
      const all = (replicas ?? []).map(async (replica) => [nameOf(replica), await askHealth(replica, signal)] as const)
      return new Map(await Promise.all(all))
    },
    use: (all) => {
      replicas = all
    },
  }
}

const nameOf = ({ backend: { name, replica } }: Replica): string => replicaName(name, replica)

const askHealth = async ({ backend }: Replica, signal: AbortSignal): Promise<Health> => {
  try {
    return await untilAborted(
      signal,
      Promise.resolve().then(() => backend.health(signal)),
    )
  } catch (error) {
    return { state: 'down', detail: signal.aborted ? 'no answer in time' : messageOf(error) }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
