import { join } from 'node:path'
import fp from 'fastify-plugin'
import type { Config } from '../../gateway/config/schema.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import { guard } from './guard/guard.ts'
import { isLoopback } from './guard/loopback.ts'
import { keptToken } from './guard/kept-token.ts'
import { tokenIn } from './guard/token-file.ts'
import { adminServer } from './server.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * The listener of operators; plugins add their routes while they are loaded. Before a route is asked, the request has been
     * found to be allowed: see `guard`. It is ready when the gateway is, listens when `serve` says so, and closes last.
     */
    admin: FastifyInstance
    /** Makes the file of the token, where none is configured. Never rejects, and takes `tokenLimitMs` at most. */
    keepAdminToken(): Promise<void>
  }
}

/** The section `admin` of the configuration. */
export type AdminOptions = Config['admin']

/**
 * Decorates `app.admin`. It comes before anything that has a route there.
 *
 * @throws GatewayError `EG_CONFIG_ADMIN_UNPROTECTED`
 */
export default fp<AdminOptions>(
  async (app, { host, hosts, token: given }) => {
    const isOpenToRead = isLoopback(host)
    if (!isOpenToRead && given === '') {
      const reason = `admin.host ${host} can be reached from other machines: set admin.token, or listen on 127.0.0.1`
      throw new GatewayError('EG_CONFIG_ADMIN_UNPROTECTED', reason, { param: 'admin.token' })
    }
    const admin = await adminServer(app)
    const read = () => tokenIn(join(app.dataDir, 'admin-token'))
    const token = given === '' ? keptToken({ read, clock: app.clock, log: app.log }) : async () => given
    guard(admin, {
      names: new Set([host, ...hosts].map((name) => name.toLowerCase())),
      isOpenToRead,
      token,
      log: app.log,
    })
    app.decorate('admin', admin)
    // A failure is in the log, and at the first change it is tried again.
    app.decorate('keepAdminToken', async () => {
      await token().catch(() => {})
    })
    app.addHook('onReady', async () => {
      await admin.ready()
    })
    // Of these hooks the first one added runs last: operators see how the gateway stops.
    app.addHook('onClose', () => admin.close())
  },
  { name: 'admin', dependencies: ['errors'] },
)
