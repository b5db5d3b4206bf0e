import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

/** Asks for a vector of a text that nobody has asked for before: how it was answered. */
export const ask = async (app: FastifyInstance, input: string = randomUUID()) => {
  const { statusCode, headers } = await app.inject({
    method: 'POST',
    url: '/v1/embeddings',
    payload: { model: 'toy', input },
  })
  return {
    status: statusCode,
    backend: headers['x-embedgate-backend'],
    degraded: headers['x-embedgate-degraded'],
    cache: headers['x-embedgate-cache'],
  }
}
