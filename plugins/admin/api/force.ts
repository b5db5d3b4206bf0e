import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { Audit, Intent } from './audit.ts'
import { keepLastTier, type TakenOut } from './last-tier.ts'

/** A route that can be told to do what it warns of. */
export interface Force {
  Querystring: { readonly force?: 'true' }
}

/** `?force=true`, and nothing like it: `?force=false` must not force. */
export const forceSchema = {
  querystring: Type.Object({ force: Type.Optional(Type.Literal('true')) }, { additionalProperties: false }),
}

/** Of a change that was forced, for the log. */
export const forced = ({ query }: Pick<FastifyRequest<Force>, 'query'>): { readonly force?: true } =>
  query.force === 'true' ? { force: true } : {}

/**
 * Refuses to take away the last that can compute a model, and writes that down, unless the request forces it.
 *
 * @throws GatewayError `EG_LAST_TIER`
 */
export const unlessForced = (
  { models }: Pick<FastifyInstance, 'models'>,
  audit: Audit,
  request: Pick<FastifyRequest<Force>, 'ip' | 'id' | 'query'>,
  intent: Intent,
  taken: TakenOut,
): void => {
  if (request.query.force === 'true') return
  try {
    keepLastTier(models.list(), taken)
  } catch (error) {
    if (error instanceof GatewayError) audit.refused(request, intent, error.code)
    throw error
  }
}
