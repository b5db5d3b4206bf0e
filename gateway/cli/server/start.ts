import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from '../../app.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import type { FastifyInstance } from 'fastify'
import { listenAddress } from './listen-address.ts'
import { listenError } from './listen-error.ts'
import { tryAddress } from './try-address.ts'

/** A gateway that listens. */
export interface RunningServer {
  readonly app: FastifyInstance
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /**
   * Stops with nothing lost: not ready any more, a moment in which all is answered but no connection is kept, no new
   * connections, requests in flight finish (after `shutdownGraceMs` their connections are cut), workers stop.
   */
  stop(): Promise<void>
}

/**
 * Builds the gateway and listens. Backends load in the background.
 *
 * @throws GatewayError a start-up code; `EG_PORT_IN_USE` when the address cannot be had
 */
export const startServer = async ({ config, path, warnings }: LoadedConfig): Promise<RunningServer> => {
  const { host, port } = config.server
  // Before anything is loaded: a start that must fail should fail at once.
  const taken = await tryAddress(host, port)
  if (taken) throw listenError(taken, host, port)
  const app = await buildApp(config, path === undefined ? {} : { baseDir: dirname(path), configPath: path })
  for (const warning of warnings) app.log.warn(warning)
  try {
    // For the name `localhost` Fastify would open a listener for each of its addresses, and neither the bound on connections nor
    // the grace period holds for more than the first.
    await app.listen({ host: await listenAddress(host), port })
  } catch (error) {
    await app.close()
    throw listenError(error, host, port)
  }
  return { app, url: urlOf(app, config), stop: () => stop(app, config.server.shutdownDelayMs) }
}

/** As a person on this machine would reach it: a listener on all addresses is also on loopback. */
const urlOf = (app: FastifyInstance, { server }: Config): string => {
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : server.port
  const host = server.host === '0.0.0.0' || server.host === '::' ? '127.0.0.1' : server.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * The listener closes late: connections that wait to be accepted when it does are reset, and so are requests that have
 * arrived on a connection that looks idle because nobody has read it yet.
 */
const stop = async (app: FastifyInstance, delayMs: number): Promise<void> => {
  app.health.drain()
  app.closeConnections()
  await sleep(delayMs)
  await app.close()
}
