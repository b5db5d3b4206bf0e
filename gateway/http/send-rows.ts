import type { FastifyReply, FastifyRequest } from 'fastify'
import { whenClosed } from '../core/connection.ts'
import type { Embeddings, EncodingFormat } from '../core/embeddings.ts'
import { encodeBody, type Frame } from './encode/body.ts'
import type { BodyMemory } from './encode/body-memory.ts'
import { jsonType } from './json-type.ts'

/** Sends the rows of an answer as JSON, in a frame. */
export type SendRows = (
  request: FastifyRequest,
  reply: FastifyReply,
  embeddings: Embeddings,
  format: EncodingFormat,
  frame: Frame,
) => FastifyReply

/** Large answers lie in `memory` until they are out or their connection is gone. */
export const sendRowsFrom =
  (memory: BodyMemory): SendRows =>
  (request, reply, embeddings, format, frame) => {
    const take = (bytes: number): Buffer => {
      const taken = memory.take(bytes)
      whenClosed(reply.raw, request.raw.socket, () => memory.give(taken))
      return taken
    }
    return reply.type(jsonType).send(encodeBody(embeddings, format, frame, take))
  }
