import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatewayError } from '../core/errors.ts'

/**
 * Reads JSON bodies of the routes in this scope, and nothing else. Bytes that are not UTF-8 are refused rather than
 * replaced: different texts would become the same one, and share a vector.
 *
 * @throws GatewayError `EG_INPUT_NOT_WELL_FORMED`, `EG_MEDIA_TYPE` for a compressed body; Fastify's own for broken JSON
 */
export const readJsonBodies = (app: FastifyInstance): void => {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const fault = faultOf(request, body as Buffer)
    // The error is handed over, not thrown: a parser that throws has answered once already in some paths.
    if (fault !== undefined) done(fault)
    else void parse(request, (body as Buffer).toString('utf8'), done)
  })
}

const faultOf = (request: FastifyRequest, body: Buffer): GatewayError | undefined => {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity')
    return new GatewayError('EG_MEDIA_TYPE', 'compressed bodies are not read; send plain JSON')
  if (!isUtf8(body)) return new GatewayError('EG_INPUT_NOT_WELL_FORMED', 'the request body is not UTF-8')
  return undefined
}
