import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bearerOf } from '../../../gateway/core/bearer.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { Log } from '../../../gateway/core/log.ts'
import { isSameSecret } from '../../../gateway/core/same-secret.ts'
import { isKnownHost } from './known-host.ts'
import { isOwnOrigin } from './own-origin.ts'
import { heldMs, wrongTokens } from './wrong-tokens.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route says nothing of this gateway, such as the files of a page: it can be read without the token anywhere. */
    readonly saysNothing?: boolean
  }
}

/** Who may do what. */
export interface GuardOptions {
  /** Names of this listener besides `localhost` and addresses, in lower case. */
  readonly names: ReadonlySet<string>
  /** Whether reading needs no token. */
  readonly isOpenToRead: boolean
  /** The token that is wanted. Rejects when there is none. */
  readonly token: () => Promise<string>
  readonly log: Log
}

/**
 * Lets a request come to its route only if it was sent to a name of this listener, and, unless it only reads where reading is
 * open, with the token. A change must also be JSON and come from no page of another server: a form of such a page can send
 * neither JSON nor a token.
 */
export const guard = (admin: FastifyInstance, { names, isOpenToRead, token, log }: GuardOptions): void => {
  const wrong = wrongTokens(admin.clock)

  const wantToken = async ({ headers, ip }: FastifyRequest): Promise<void> => {
    const given = bearerOf(headers.authorization)
    if (given === undefined)
      throw new GatewayError('EG_AUTH_MISSING', 'send the admin token: Authorization: Bearer ...')
    const wanted = await token().catch((cause: unknown) => {
      throw new GatewayError(
        'EG_AUTH_FORBIDDEN',
        'there is no admin token, so nothing can be changed; the log says why',
        {
          cause,
        },
      )
    })
    if (!wrong.mayTry(ip)) {
      const message = 'too many wrong admin tokens from this address'
      throw new GatewayError('EG_RATE_LIMITED', message, { retryAfterMs: heldMs })
    }
    if (isSameSecret(given, wanted)) return
    log.warn({ remote_address: ip }, 'a wrong admin token was refused')
    await wrong.hold(ip)
    throw new GatewayError('EG_AUTH_INVALID', 'this is not the admin token')
  }

  admin.addHook('onRequest', async (request, reply) => {
    if (!isKnownHost(names, request.headers.host)) {
      const message = `this listener is not called ${JSON.stringify(request.headers.host ?? '')}; if it is, add the name to admin.hosts`
      throw new GatewayError('EG_AUTH_FORBIDDEN', message, { param: 'host' })
    }
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (isRead && (isOpenToRead || request.routeOptions.config.saysNothing === true)) return
    try {
      await wantToken(request)
    } catch (error) {
      if (error instanceof GatewayError && error.row.status === 401)
        reply.header('www-authenticate', 'Bearer realm="embedgate admin"')
      throw error
    }
    if (!isRead) refuseForeign(request)
  })
}

const refuseForeign = ({ headers }: FastifyRequest): void => {
  if (!isOwnOrigin(headers))
    throw new GatewayError('EG_AUTH_FORBIDDEN', 'a page of another server may change nothing here', { param: 'origin' })
  if (!/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? ''))
    throw new GatewayError('EG_MEDIA_TYPE', 'send changes with content-type: application/json')
}
