import type { FastifyInstance } from 'fastify'
import type { Clock } from './core/clock.ts'
import type { Identity } from './core/identity.ts'
import type { Meter } from './core/meter.ts'
import type { RouteDescription } from './core/route-description.ts'
import type { Backends, ChainSlots, ServedModels } from './core/served-model.ts'
import type { RequestTrace } from './core/span.ts'

/** What every plugin, ours or a third party's, finds on the Fastify instance. */
declare module 'fastify' {
  interface FastifyInstance {
    clock: Clock
    /** A folder for files that outlive the process. */
    dataDir: string
    meter: Meter
    backends: Backends
    chain: ChainSlots
    models: ServedModels
  }
  interface FastifyRequest {
    /** Who asks; set by plugins/auth before the body is read. */
    identity: Identity
    /** Set by plugins/tracing; null where requests are not traced. */
    trace: RequestTrace | null
  }
  interface FastifyContextConfig {
    /** For the API document. */
    description?: RouteDescription
  }
}

/** The Fastify instance that a plugin is given, with what the gateway decorates it with. */
export type Gateway = FastifyInstance
