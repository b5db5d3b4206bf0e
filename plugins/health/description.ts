import { Type, type TSchema } from 'typebox'
import type { RouteDescription } from '../../gateway/core/route-description.ts'

const status = (...words: readonly string[]): TSchema => Type.Unsafe<string>({ type: 'string', enum: words })

const components = Type.Record(
  Type.String(),
  Type.Object({
    ok: Type.Boolean(),
    detail: Type.Optional(Type.String({ description: 'For people: what is wrong.' })),
    facts: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
  { description: 'Each part by its name.' },
)

/** `GET /health/live` */
export const liveDescription: RouteDescription = {
  operationId: 'getLiveness',
  tag: 'operating',
  summary: 'Whether the process lives',
  key: 'never',
  answers: {
    200: {
      description: 'It does; nothing else is asked.',
      schema: Type.Object({ status: status('live') }),
      examples: { live: { summary: 'Alive', value: { status: 'live' } } },
    },
  },
}

const readiness = Type.Object({ status: status('ready', 'not_ready', 'shutting_down'), components })

/** `GET /health/ready` */
export const readyDescription: RouteDescription = {
  operationId: 'getReadiness',
  tag: 'operating',
  summary: 'Whether requests should be sent here',
  description: 'Ready: every served model can be computed here, required devices are up, memory is under its limit.',
  key: 'never',
  answers: {
    200: {
      description: 'They should.',
      schema: readiness,
      examples: { ready: { summary: 'Ready', value: { status: 'ready', components: { memory: { ok: true } } } } },
    },
    503: { description: 'They should not: what is not ok says why.', schema: readiness },
  },
}

const health = Type.Object({
  status: status('ready', 'degraded', 'not_ready', 'shutting_down'),
  version: Type.String(),
  uptimeSeconds: Type.Number(),
  components,
})

/** `GET /health` */
export const healthDescription: RouteDescription = {
  operationId: 'getHealth',
  tag: 'operating',
  summary: 'Every part with its state',
  key: 'never',
  answers: {
    200: {
      description: 'Ready; `degraded` when a part that readiness does not depend on is not ok.',
      schema: health,
      examples: {
        ready: {
          summary: 'All is well',
          value: { status: 'ready', version: '0.1.0', uptimeSeconds: 12.5, components: { memory: { ok: true } } },
        },
      },
    },
    503: { description: 'Not ready.', schema: health },
  },
}
