import { tmpdir } from 'node:os'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { backendOf, type Backend, type BackendContext } from '../core/backend.ts'
import { systemClock } from '../core/clock.ts'
import { noLog } from '../core/log.ts'
import { noMeter } from '../core/meter.ts'

/** What a backend is given when it is created, for a test: it logs and measures nothing. */
export const contextOf = <Options>(
  options: Options,
  overrides: Partial<BackendContext<Options>> = {},
): BackendContext<Options> => ({
  name: 'test',
  replica: 0,
  options,
  log: noLog,
  clock: systemClock,
  meter: noMeter,
  dataDir: tmpdir(),
  ...overrides,
})

/** A kind as the gateway uses it: what it makes is complete. */
export interface RegisteredKind {
  create(context: BackendContext<unknown>): Backend
}

/** The kinds of backend that a plugin registers, by name. */
export const kindsOf = async (plugin: FastifyPluginAsync): Promise<ReadonlyMap<string, RegisteredKind>> => {
  const kinds = new Map<string, RegisteredKind>()
  const app = Fastify()
  const chain = fp(
    async (instance) => {
      instance.decorate('clock', systemClock)
      instance.decorate('dataDir', tmpdir())
      instance.decorate('meter', noMeter)
      instance.decorate('backends', {
        register: (kind, definition) => {
          const create = (context: BackendContext<unknown>): Backend =>
            backendOf(kind, context, definition.create(context as BackendContext<never>))
          kinds.set(kind, { create })
        },
        kinds: () => new Map(),
        replicas: () => [],
        passThrough: () => undefined,
        health: async () => new Map(),
      })
    },
    { name: 'chain' },
  )
  await app.register(chain)
  await app.register(plugin)
  await app.close()
  return kinds
}
