import type { FastifyBaseLogger, FastifyServerOptions } from 'fastify'
import type { Logger } from 'pino'
import type { Static } from 'typebox'
import type { TelemetryConfig } from '../../gateway/config/schema.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Sets how much is logged from now on, by `app.log` and by all loggers made from it. */
    setLogLevel(level: LogLevel): void
  }
}

/** How much is logged. */
export type LogLevel = Static<typeof TelemetryConfig>['logLevel']

/** The level of a logger and of those made from it, which pino keeps apart. */
export interface LogLevels {
  /** For pino's option of that name. */
  readonly onChild: (child: Logger) => void
  /** For Fastify's option of that name. Loggers of requests are not remembered: there are too many, and they end soon. */
  readonly childLoggerFactory: NonNullable<FastifyServerOptions['childLoggerFactory']>
  /** Sets the level of `root`, of all loggers made from it, and so of all requests from now on. */
  set(root: Pick<FastifyBaseLogger, 'level'>, level: LogLevel): void
}

/** No loggers yet. */
export const logLevelsOf = (): LogLevels => {
  let children: WeakRef<Logger>[] = []
  let isRequests = false
  return {
    onChild: (child) => {
      if (!isRequests) children.push(new WeakRef(child))
    },
    childLoggerFactory: (logger, bindings, options) => {
      isRequests = true
      const child = logger.child(bindings, options)
      isRequests = false
      return child
    },
    set: (root, level) => {
      root.level = level
      children = children.filter((child) => child.deref())
      for (const child of children) {
        const living = child.deref()
        if (living) living.level = level
      }
    },
  }
}
