import fp from 'fastify-plugin'
import { overridesPath, readOverrides, writeOverrides } from '../../../gateway/config/overrides/file.ts'
import type { Config } from '../../../gateway/config/schema.ts'
import { settings, type Settings } from './settings.ts'

declare module 'fastify' {
  interface FastifyInstance {
    settings: Settings
  }
}

/** What settings are told. */
export interface SettingsPluginOptions {
  /** As the file says. */
  readonly config: Config
  /** Whether what operators have changed is left aside. */
  readonly ignoresOverrides: boolean
}

/** Brings what operators have changed in earlier runs back into force, and lets them change more. */
export default fp<SettingsPluginOptions>(
  async (app, { config, ignoresOverrides }) => {
    const path = overridesPath(app.dataDir)
    const living = settings({
      file: config,
      write: (overrides) => writeOverrides(path, overrides),
      apply: ({ breaker, retry, batching, telemetry }) => {
        app.breakers.configure(breaker)
        app.retries.configure(retry)
        app.batching.configure(batching)
        app.setLogLevel(telemetry.logLevel)
      },
      clock: app.clock,
      log: app.log,
    })
    if (!ignoresOverrides) await living.begin(() => readOverrides(path))
    app.decorate('settings', living)
  },
  { name: 'admin-settings', dependencies: ['admin', 'breakers', 'retries', 'onnx'] },
)
