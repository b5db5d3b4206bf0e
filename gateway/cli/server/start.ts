import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from '../../app.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { withPlaces } from '../../config/with-places.ts'
import type { FastifyInstance } from 'fastify'
import { unmeasuredModels } from '../local/unmeasured.ts'
import { tryFolder } from '../machine/writable-folder.ts'
import { listenAddress } from './listen-address.ts'
import { listenError, type ListenerSection } from './listen-error.ts'
import { tryAddress } from './try-address.ts'
import { urlOf } from './url-of.ts'

/** A gateway that can be stopped. */
export interface StoppableServer {
  readonly app: FastifyInstance
  /**
   * Stops with nothing lost: not ready any more, a moment in which all is answered but no connection is kept, no new
   * connections, requests in flight finish (after `shutdownGraceMs` their connections are cut), workers stop. Operators can
   * look on until the end.
   */
  stop(): Promise<void>
}

/** A gateway that listens. */
export interface RunningServer extends StoppableServer {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** Where operators find it, e.g. `http://127.0.0.1:8081`. */
  readonly adminUrl: string
}

/**
 * Builds the gateway and listens, for operators and for callers. Backends load in the background.
 *
 * @param beforeListening called when it is about to: who can reach it may also ask it to stop
 * @throws GatewayError a start-up code; see `listenError` for an address that cannot be had
 */
export const startServer = async (
  loaded: LoadedConfig,
  beforeListening: (server: StoppableServer) => void = () => {},
): Promise<RunningServer> => {
  try {
    return await start(loaded, beforeListening)
  } catch (error) {
    throw withPlaces(error, loaded)
  }
}

const start = async (
  { config, path, warnings }: LoadedConfig,
  beforeListening: (server: StoppableServer) => void,
): Promise<RunningServer> => {
  const { server, admin } = config
  // Before anything is loaded: a start that must fail should fail at once.
  await refuseTaken('server', server)
  await refuseTaken('admin', admin)
  const app = await buildApp(config, path === undefined ? {} : { baseDir: dirname(path), configPath: path })
  for (const warning of warnings) app.log.warn(warning)
  void warnOfDataDir(app)
  const stoppable = { app, stop: () => stop(app, server.shutdownDelayMs) }
  try {
    await app.ready()
    for (const line of unmeasuredModels(app.models)) app.log.warn(line)
    // Nobody waits for the disk that it is on, but who has been told where it listens finds it.
    const token = app.keepAdminToken()
    beforeListening(stoppable)
    await listen(app.admin, 'admin', admin)
    await listen(app, 'server', server)
    await token
  } catch (error) {
    await app.close()
    throw error
  }
  return { ...stoppable, url: urlOf(app, server), adminUrl: urlOf(app.admin, admin) }
}

/** Without the folder the gateway answers all the same, and refuses what it could not keep. */
const warnOfDataDir = async ({ dataDir, log }: FastifyInstance): Promise<void> => {
  const { fault } = await tryFolder(dataDir)
  if (fault === undefined) return
  const fields = { code: 'EG_CONFIG_NOT_SAVED', data_dir: dataDir, reason: fault }
  log.warn(fields, 'dataDir cannot be written: nothing outlives this process, and changes of settings are refused')
}

interface Address {
  readonly host: string
  readonly port: number
}

const refuseTaken = async (section: ListenerSection, { host, port }: Address): Promise<void> => {
  const taken = await tryAddress(host, port)
  if (taken) throw listenError(taken, section, host, port)
}

const listen = async (app: FastifyInstance, section: ListenerSection, { host, port }: Address): Promise<void> => {
  try {
    // For the name `localhost` Fastify would open a listener for each of its addresses, and neither the bound on connections nor
    // the grace period holds for more than the first.
    await app.listen({ host: await listenAddress(host), port })
  } catch (error) {
    throw listenError(error, section, host, port)
  }
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
