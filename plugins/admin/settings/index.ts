import fp from 'fastify-plugin'
import { overridesPath, readOverrides, writeOverrides } from '../../../gateway/config/overrides/file.ts'
import { describeOverride, settle } from '../../../gateway/config/overrides/settle.ts'
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
    const found = ignoresOverrides ? { overrides: [], warnings: [] } : await readOverrides(path)
    const { inForce, warnings } = settle(config, found.overrides)
    for (const warning of [...found.warnings, ...warnings]) app.log.warn(warning)
    // Before it is applied: the level of the log is one of them.
    if (inForce.length > 0) app.log.warn({ overrides: inForce.map(describeOverride) }, 'overrides are in force')
    if (inForce.length < found.overrides.length) {
      // Otherwise they would come back with the next change of the file.
      await writeOverrides(path, inForce).catch((error: unknown) =>
        app.log.warn({ reason: (error as Error).message }, 'dropped overrides are still in their file'),
      )
    }
    app.decorate(
      'settings',
      settings({
        file: config,
        overrides: inForce,
        save: (overrides) => writeOverrides(path, overrides),
        apply: ({ breaker, retry, batching, telemetry }) => {
          app.breakers.configure(breaker)
          app.retries.configure(retry)
          app.batching.configure(batching)
          app.setLogLevel(telemetry.logLevel)
        },
      }),
    )
  },
  { name: 'admin-settings', dependencies: ['admin', 'breakers', 'retries', 'onnx'] },
)
