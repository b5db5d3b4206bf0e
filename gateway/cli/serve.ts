import { loadConfig, type LoadedConfig } from '../config/load.ts'
import { packageVersion } from '../core/version.ts'
import { configFlag, refuseWords, type Arguments, type Command } from './command.ts'
import { exitCode } from './exit-code.ts'
import { announce, type Io } from './io.ts'
import { portOf } from './parse-arguments.ts'
import { readyLine, servingLine } from './server/ready-line.ts'
import { stopOnSignals } from './server/shutdown.ts'
import { startServer, type RunningServer } from './server/start.ts'
import { untilServed } from './server/until-served.ts'

/** `embedgate serve` */
export const serve: Command = {
  usage: 'serve [--config FILE] [--port N] [--host H] [--admin-port N]',
  about:
    'Runs the gateway until it is told to stop (SIGTERM or Ctrl-C); requests in flight finish first. It listens at once and\n' +
    'loads models in the background; /health/ready tells when it serves. It ends with EG_MODEL_CORRUPT when the files of a model\n' +
    'turn out to be damaged. With no configuration it serves the embedded model.',
  flags: {
    config: configFlag,
    port: { type: 'string', short: 'p', value: 'N', help: 'port instead of server.port; 0 picks a free one' },
    host: { type: 'string', value: 'H', help: 'address instead of server.host' },
    'admin-port': {
      type: 'string',
      value: 'N',
      help: 'port of the admin listener instead of admin.port; 0 picks a free one',
    },
  },
  examples: [
    'embedgate serve',
    'embedgate serve --port 9000 --admin-port 9001',
    'embedgate serve --config production.yaml --host 0.0.0.0',
    'LOG_LEVEL=debug embedgate serve   # with `telemetry: { logLevel: ${LOG_LEVEL:-info} }` in the configuration',
  ],
  run: async (given, io) => {
    refuseWords(given, serve.usage)
    const loaded = withFlags(loadConfig(given.text('config'), io.env), given)
    const server = await startServer(loaded, (stoppable) => stopOnSignals(stoppable, loaded.config.server))
    announceListening(server, loaded, io)
    try {
      await untilServed(server.app, (model, tier) =>
        say(server, io, { model, tier }, servingLine(model, tier, performance.now())),
      )
    } catch (error) {
      server.app.log.fatal({ reason: (error as Error).message }, 'a model can never be served; stopping')
      await server.stop()
      throw error
    }
    return exitCode.done
  },
}

const withFlags = (loaded: LoadedConfig, given: Arguments): LoadedConfig => {
  const { server, admin } = loaded.config
  const host = given.text('host') ?? server.host
  const port = portOf(given, 'port') ?? server.port
  const adminPort = portOf(given, 'admin-port') ?? admin.port
  return {
    ...loaded,
    config: { ...loaded.config, server: { ...server, host, port }, admin: { ...admin, port: adminPort } },
  }
}

const announceListening = (server: RunningServer, { config }: LoadedConfig, io: Io): void => {
  const [model = ''] = Object.keys(config.models)
  const needsKey = config.auth.keys.length > 0
  const { url, adminUrl } = server
  const sinceStartMs = performance.now()
  const line = readyLine({ version: packageVersion, url, adminUrl, model, needsKey, sinceStartMs })
  say(server, io, { url, admin_url: adminUrl }, line)
}

/** To a person as a plain line; into the log where a program reads standard output, if such lines are logged. */
const say = ({ app }: RunningServer, io: Io, fields: object, line: string): void => {
  const isLogged = ['trace', 'debug', 'info'].includes(app.log.level)
  if (io.stdout.isTTY || !isLogged) announce(io, line)
  else app.log.info(fields, line)
}
