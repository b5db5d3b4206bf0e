import fp from 'fastify-plugin'
import { Type } from 'typebox'
import { syntheticVector } from '../../../backends/synthetic/vector.ts'
import { computed, type Embeddings } from '../../../gateway/core/embeddings.ts'
import { BackendError, GatewayError } from '../../../gateway/core/errors.ts'
import { withResolvers, type Resolvers } from '../../../gateway/core/with-resolvers.ts'
import type { Backend, BackendContext } from '../../../gateway/core/backend.ts'

/** Wrong answers that engines have given with a status of 200. */
export const badAnswers = {
  nan: ({ vectors }) => void vectors.fill(Number.NaN, 0, 1),
  infinite: ({ vectors }) => void vectors.fill(Number.POSITIVE_INFINITY, 0, 1),
  zero: ({ vectors, dims }) => void vectors.fill(0, 0, dims),
  'not of unit length': ({ vectors, dims }) => vectors.set(vectors.subarray(0, dims).map((value) => value * 3)),
  'a row too few': ({ vectors, tokens, dims }) => rows(vectors.subarray(dims), dims, tokens.subarray(1)),
  'a row too many': ({ vectors, tokens, dims }) =>
    rows([...vectors, ...vectors.subarray(0, dims)], dims, [...tokens, 1]),
  'too narrow': ({ vectors, tokens, dims }) => rows(vectors.subarray(0, tokens.length * (dims - 1)), dims - 1, tokens),
  'too wide': ({ tokens, dims }) => rows(new Float32Array(tokens.length * (dims + 1)).fill(0.1), dims + 1, tokens),
  'a vector cut off': ({ vectors, tokens, dims }) => rows(vectors.subarray(0, -1), dims, tokens),
  'no rows at all': ({ dims }) => rows([], dims, []),
} satisfies Record<string, (answer: Embeddings) => Embeddings | void>

const rows = (vectors: ArrayLike<number>, dims: number, tokens: ArrayLike<number>): Embeddings =>
  computed(Float32Array.from(vectors), dims, tokens)

/** What a test sees of the engines, and tells them. */
export interface Engines {
  /** Every text that was computed, with the name of the backend. */
  readonly seen: { readonly backend: string; readonly text: string }[]
  /** What backends answer from now on, by name; the truth by default. */
  readonly faults: Map<string, keyof typeof badAnswers>
  /** Texts that are computed when told, `golden 8` from the start: what comes behind the first probe of 8 references. */
  readonly gates: Map<string, Resolvers<void>>
  /** Texts that find the queue full. */
  isFull: (text: string) => boolean
  /** Each call takes at random up to this. */
  mostMs: number
}

declare module 'fastify' {
  interface FastifyInstance {
    engines: Engines
  }
}

/** Width of the engine's vectors. */
export const dims = 8

/** Characters that it reads as one token each; the rest is cut. */
export const maxTokens = 64

/** The one right vector of a text. */
export const truth = (text: string): number[] => [...syntheticVector(text.slice(0, maxTokens), dims)]

/** Right for the texts `golden 0` to `golden 7`, otherwise well formed and wrong. */
const wrong = (text: string): number[] => truth(/^golden [0-7]$/.test(text) ? text : `not ${text}`)

const engine = (engines: Engines, { name, replica, options }: BackendContext<{ wrong: boolean }>): Backend => ({
  name,
  replica,
  kind: 'scripted',
  limits: { texts: 16 },
  computing: true,
  queueing: false,
  optional: false,
  space: { model: 'scripted', revision: '1', dims, pooling: 'mean', normalized: true, maxTokens, prompts: {} },
  async embed({ texts, truncate }) {
    if (!truncate && texts.some((text) => text.length > maxTokens))
      throw new GatewayError('EG_INPUT_TOO_LONG', 'too long')
    if (texts.some(engines.isFull)) throw new BackendError('busy', 'full')
    for (const text of texts) engines.seen.push({ backend: name, text })
    // Answers overtake one another.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * engines.mostMs))
    for (const text of texts) await engines.gates.get(text)?.promise
    const tokens = texts.map((text) => Math.min(text.length, maxTokens))
    const cut = texts.map((text) => Number(text.length > maxTokens))
    const answer = computed(texts.map(options.wrong ? wrong : truth), dims, tokens, cut)
    const fault = engines.faults.get(name)
    return fault === undefined ? answer : (badAnswers[fault](answer) ?? answer)
  },
  health: async () => ({ state: 'up' }),
  start: async () => {},
  close: async () => {},
})

/** A plugin that adds the kind `scripted`: vectors that are known, and wrong ones on demand. */
export default fp(async (app) => {
  const engines: Engines = {
    seen: [],
    faults: new Map(),
    gates: new Map([['golden 8', withResolvers()]]),
    isFull: () => false,
    mostMs: 3,
  }
  app.decorate('engines', engines)
  app.backends.register('scripted', {
    options: Type.Object({ wrong: Type.Boolean({ default: false }) }),
    create: (context: BackendContext<{ wrong: boolean }>) => engine(engines, context),
  })
})
