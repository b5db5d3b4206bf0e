import { createRequire } from 'node:module'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { GatewayError } from './core/errors.ts'

/**
 * Registers the plugins that the configuration names: paths (beginning with `.` or `/`) relative to `baseDir`, or packages
 * as `baseDir` would resolve them. Each default export is a Fastify plugin.
 *
 * @throws GatewayError `EG_PLUGIN_FAILED` naming the plugin and why
 */
export const loadPlugins = async (app: FastifyInstance, names: readonly string[], baseDir: string): Promise<void> => {
  for (const name of names) {
    const plugin = await importPlugin(name, baseDir)
    try {
      await app.register(plugin)
    } catch (cause) {
      throw failed(name, cause)
    }
  }
}

const importPlugin = async (name: string, baseDir: string): Promise<FastifyPluginAsync> => {
  try {
    const loaded = (await import(locate(name, baseDir))) as { default?: unknown }
    if (typeof loaded.default === 'function') return loaded.default as FastifyPluginAsync
  } catch (cause) {
    throw failed(name, cause)
  }
  throw new GatewayError('EG_PLUGIN_FAILED', `plugin ${name}: its default export is not a function`)
}

const locate = (name: string, baseDir: string): string => {
  if (name.startsWith('.') || isAbsolute(name)) return pathToFileURL(resolve(baseDir, name)).href
  return pathToFileURL(createRequire(resolve(baseDir, 'package.json')).resolve(name)).href
}

const failed = (name: string, cause: unknown): GatewayError =>
  cause instanceof GatewayError
    ? cause
    : new GatewayError(
        'EG_PLUGIN_FAILED',
        `plugin ${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          cause,
        },
      )
