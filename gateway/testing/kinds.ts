import { tmpdir } from 'node:os'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { BackendContext, BackendKind } from '../core/backend.ts'
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

/** The kinds of backend that a plugin registers, by name. */
export const kindsOf = async (plugin: FastifyPluginAsync): Promise<ReadonlyMap<string, BackendKind>> => {
  const kinds = new Map<string, BackendKind>()
  const app = Fastify()
  const chain = fp(
    async (instance) => {
      instance.decorate('clock', systemClock)
      instance.decorate('dataDir', tmpdir())
      instance.decorate('meter', noMeter)
      instance.decorate('backends', {
        register: (kind, definition) => void kinds.set(kind, definition as BackendKind),
        kinds: () => kinds,
        replicas: () => [],
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
