import { createHash } from 'node:crypto'
import { computed, type Backend, type BackendContext } from 'embedgate'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'

interface Options {
  readonly dims: number
}

/** A plugin that adds the kind `hashing`: texts that share triples of letters get similar vectors. */
export default async (app: FastifyInstance): Promise<void> => {
  app.backends.register<Options>('hashing', {
    options: Type.Object({ dims: Type.Integer({ minimum: 8, default: 256 }) }),
    create: hashingBackend,
  })
}

const hashingBackend = ({ name, replica, options: { dims } }: BackendContext<Options>): Backend => ({
  name,
  replica,
  kind: 'hashing',
  limits: { texts: 256 },
  computing: true,
  queueing: false,
  optional: false,
  space: { model: 'hashing', revision: '1', dims, pooling: 'mean', normalized: true, maxTokens: 2 ** 20, prompts: {} },
  embed: async ({ texts }, call) => {
    call.signal.throwIfAborted()
    const vectors = texts.map((text) => hashed(text, dims))
    const tokens = texts.map((text) => text.length)
    return computed(vectors, dims, tokens)
  },
  health: async () => ({ state: 'up' }),
  start: async () => {},
  close: async () => {},
})

const hashed = (text: string, dims: number): Float32Array => {
  const counts = new Float32Array(dims)
  for (let at = 0; at < text.length; at++) {
    const bucket =
      createHash('sha1')
        .update(text.slice(at, at + 3))
        .digest()
        .readUInt32LE() % dims
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }
  const length = Math.hypot(...counts)
  return counts.map((count) => count / length)
}
