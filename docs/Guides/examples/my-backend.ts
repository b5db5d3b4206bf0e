import { computed, type Gateway } from 'embedgate'
import { Type } from 'typebox'

/** Adds the kind `hashing`: texts that share pairs of letters get similar vectors. */
export default async (app: Gateway): Promise<void> => {
  app.backends.register<{ dims: number }>('hashing', {
    options: Type.Object({ dims: Type.Integer({ minimum: 8, default: 256 }) }),
    create: ({ options: { dims } }) => ({
      space: { model: 'hashing', revision: '1', dims, pooling: 'mean', normalized: true, maxTokens: 1e6, prompts: {} },
      embed: async ({ texts }, call) => {
        call.signal.throwIfAborted()
        const vectors = texts.map((text) => hashed(text, dims))
        const tokens = texts.map((text) => text.length)
        return computed(vectors, dims, tokens)
      },
    }),
  })
}

const hashed = (text: string, dims: number): Float32Array => {
  const counts = new Float32Array(dims)
  const add = (bucket: number): number => (counts[bucket % dims] = (counts[bucket % dims] ?? 0) + 1)
  for (let at = 0; at < text.length; at++) add(text.charCodeAt(at) * 31 + (text.charCodeAt(at + 1) || 0))
  const norm = Math.hypot(...counts)
  return counts.map((count) => count / norm)
}
