import type { FastifyInstance } from 'fastify'
import type { Health } from '../../gateway/core/backend.ts'
import type { ReplicaStatus } from '../../gateway/core/served-model.ts'
import type { HealthComponent } from './component.ts'

/** What the component `backends` shows. */
export interface BackendFacts {
  readonly replicas: readonly object[]
  /** What each replica said of itself, by its name. */
  readonly asked: Readonly<Record<string, Health>>
}

/**
 * Asks the devices and engines themselves. Shown, but no reason to be unready by itself: `models` and `devices` are.
 * An optional device that is not on this machine is shown as absent and is in order.
 */
export const backendsComponent = (app: FastifyInstance): HealthComponent => ({
  name: 'backends',
  ready: false,
  check: async (signal) => {
    const asked = await app.backends.health(signal)
    const replicas = app.backends.replicas()
    const bad = replicas.filter(({ state }) => state === 'down' || state === 'drifted').map(({ backend }) => backend)
    for (const [name, { state }] of asked) if (state === 'down' && !bad.includes(name)) bad.push(name)
    return {
      ok: bad.length === 0,
      ...(bad.length > 0 && { detail: `not in order: ${[...new Set(bad)].join(', ')}` }),
      facts: { replicas: replicas.map(replicaFacts), asked: Object.fromEntries(asked) } satisfies BackendFacts,
    }
  },
})

const replicaFacts = (replica: ReplicaStatus): object => ({
  backend: replica.backend,
  replica: replica.replica,
  kind: replica.kind,
  optional: replica.optional,
  state: replica.state,
  parity: replica.parity,
  inFlight: replica.inFlight,
  detail: replica.detail,
})
