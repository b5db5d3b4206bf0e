import Fastify, { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import chain, { type ChainOptions } from '../../../gateway/chain/index.ts'
import type { Backend, BackendContext } from '../../../gateway/core/backend.ts'
import { rowSource } from '../../../gateway/core/embeddings.ts'
import { noMeter } from '../../../gateway/core/meter.ts'
import { fakeClock, type FakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, fakeBackend, referencesOf, settle } from './fakes.ts'

const opened: FastifyInstance[] = []
/** Closes the gateways that were built. */
export const closeAll = async (): Promise<void> => {
  await Promise.all(opened.splice(0).map((app) => app.close()))
}

/** A gateway of only the chain. */
export interface Built {
  readonly app: FastifyInstance
  readonly clock: FakeClock
  /** The backends made, by name and replica; tests change how they behave. */
  readonly made: Map<string, Partial<Backend>>
  /** What each was created with. */
  readonly given: Map<string, unknown>
  /** Values of gauges, by name and label values. */
  readonly gauges: Record<string, number>
  readonly logged: { readonly level: string; readonly message: string }[]
}

/** Builds a gateway with kinds `fake` (computes) and `shelf` (stored results). */
export const build = async (
  options: ChainOptions,
  behaviour: Record<string, Partial<Backend>> = {},
  layers: (app: FastifyInstance) => void = () => {},
): Promise<Built> => {
  const clock = fakeClock()
  const made = new Map<string, Partial<Backend>>()
  const given = new Map<string, unknown>()
  const gauges: Built['gauges'] = {}
  const logged: Built['logged'] = []
  const app = Fastify({
    logger: { level: 'warn', stream: { write: (line: string) => void logged.push(asLogged(line)) } },
  })
  opened.push(app)
  app.decorate('clock', clock)
  app.decorate('dataDir', '/nowhere')
  app.decorate('meter', {
    ...noMeter,
    gauge: (name) => (labels) => (value) => {
      gauges[[name, ...Object.values(labels)].join(' ')] = value
    },
  })
  await app.register(chain, options)
  const create =
    (over: Partial<Backend>) =>
    ({ name, replica, options: own }: BackendContext<unknown>): Backend => {
      if (given.has(`${name}/${replica}`)) throw new Error(`${name} is created twice`)
      given.set(`${name}/${replica}`, own)
      const script: Partial<Backend> = { ...over, ...behaviour[name] }
      made.set(`${name}/${replica}`, script)
      const backend = fakeBackend({ references: referencesOf(3), ...script, name, replica })
      return {
        ...backend,
        embed: (batch, call) => ({ ...backend, ...script }).embed(batch, call),
        health: (signal) => ({ ...backend, ...script }).health(signal),
        start: () => ({ ...backend, ...script }).start(),
        close: () => ({ ...backend, ...script }).close(),
      }
    }
  app.backends.register('fake', {
    options: Type.Object({
      dims: Type.Integer({ default: 4 }),
      url: Type.Optional(Type.String()),
      mode: Type.Optional(Type.Union([Type.Literal('fast'), Type.Literal('slow')])),
    }),
    create: create({}),
  })
  app.backends.register('shelf', {
    options: Type.Object({}),
    create: create({
      computing: false,
      embed: async ({ texts }) => ({ ...answerFor(texts), source: new Uint8Array(texts.length).fill(rowSource.stale) }),
    }),
  })
  layers(app)
  await app.ready()
  await settle()
  return { app, clock, made, given, gauges, logged }
}

const asLogged = (line: string): Built['logged'][number] => {
  const { level, msg } = JSON.parse(line) as { level: number; msg: string }
  return { level: level >= 40 ? 'warn' : 'info', message: msg }
}

/** An optional tier, a tier, and a stale reader. */
export const threeTiers: ChainOptions = {
  backends: {
    gpu: { kind: 'fake', optional: true },
    cpu: { kind: 'fake' },
    cached: { kind: 'shelf' },
  },
  models: { fake: { chain: ['gpu', 'cpu', 'cached'], aliases: ['alias'] } },
}
