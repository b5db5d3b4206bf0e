import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { GatewayError } from '../../gateway/core/errors.ts'
import { anybody, stranger } from '../../gateway/core/identity.ts'
import { holders, type Holder, type KeyEntry } from './identities.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that was presented; null without keys and on open paths. */
    keyHolder: Holder | null
  }
}

/** Who may use the gateway. */
export interface AuthOptions {
  /** None: everybody may. */
  readonly keys: readonly KeyEntry[]
}

/** Probes of orchestrators have no keys, and the API is no secret. */
const openPath = /^\/(?:health|openapi\.json|docs)(?:[/?]|$)/

/**
 * Says who asks (`request.identity`) before the body is read. With keys configured everything but `/health`, `/docs` and `/openapi.json` needs one, and
 * the requests and tokens of limited keys are counted.
 */
export default fp<AuthOptions>(
  async (app, { keys }) => {
    const unknown = keys.length > 0 ? stranger : anybody
    app.decorateRequest('keyHolder', null)
    app.decorateRequest('identity', {
      getter() {
        return this.keyHolder?.identity ?? unknown
      },
    })
    if (keys.length > 0) requireKeys(app, keys)
    else app.log.warn('no keys are configured: anybody who reaches this listener may use it')
  },
  { name: 'auth' },
)

const requireKeys = (app: FastifyInstance, keys: readonly KeyEntry[]): void => {
  const holderOf = holders(app.clock, keys)
  app.addHook('onRequest', (request, reply, done) => {
    if (openPath.test(request.raw.url ?? '')) return done()
    try {
      request.keyHolder = holderOf(request.headers.authorization)
      request.keyHolder.quota?.admit()
      done()
    } catch (error) {
      if (error instanceof GatewayError && error.row.status === 401)
        reply.header('www-authenticate', challengeOf(error))
      done(error as Error)
    }
  })
  const isAnyLimited = keys.some((key) => key.requestsPerMinute !== undefined || key.tokensPerMinute !== undefined)
  if (isAnyLimited)
    app.addHook('onSend', (request, reply, _payload, done) => {
      const quota = request.keyHolder?.quota
      if (quota) reply.headers(quota.headers())
      done()
    })
}

const challengeOf = (error: GatewayError): string =>
  error.code === 'EG_AUTH_INVALID' ? 'Bearer realm="embedgate", error="invalid_token"' : 'Bearer realm="embedgate"'
