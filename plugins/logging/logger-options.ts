import { createRequire } from 'node:module'
import type { DestinationStream, LoggerOptions } from 'pino'
import type { PrettyOptions } from 'pino-pretty'
import type { Static } from 'typebox'
import type { TelemetryConfig } from '../../gateway/config/schema.ts'
import { standardOutput } from './standard-output.ts'

/** Where a careless line could carry a key. Keys are never logged on purpose. */
const secrets = [
  'authorization',
  'apiKey',
  'token',
  'headers.authorization',
  'headers["x-api-key"]',
  'req.headers.authorization',
  'req.headers["x-api-key"]',
  'options.apiKey',
  'options.token',
]

/** What Fastify makes its logger from. */
export type GatewayLoggerOptions = LoggerOptions & { readonly stream: DestinationStream }

/**
 * The gateway's logger: lines for people on a terminal, otherwise one JSON object a line on standard output, written
 * asynchronously and flushed when the process exits.
 *
 * @param stream where lines go instead, for tests
 */
export const loggerOptions = (
  { logLevel }: Static<typeof TelemetryConfig>,
  isTerminal: boolean = process.stdout.isTTY,
  stream: DestinationStream = isTerminal ? prettyStream() : standardOutput(),
): GatewayLoggerOptions => ({
  level: logLevel,
  base: null,
  timestamp: isoTime(),
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: secrets, censor: '[redacted]' },
  stream,
})

/** The time of a line as ISO 8601. The second is put into words once: that costs as much as the rest of a short line. */
const isoTime = (): (() => string) => {
  let second = -1
  let words = ''
  return () => {
    const nowMs = Date.now()
    const ms = nowMs % 1_000
    if (nowMs - ms !== second) {
      second = nowMs - ms
      words = `,"time":"${new Date(second).toISOString().slice(0, -'000Z'.length)}`
    }
    return `${words}${String(ms).padStart(3, '0')}Z"`
  }
}

/** Loaded only on a terminal: it would cost every other start some 30 ms. */
const prettyStream = (): DestinationStream => {
  const pretty = createRequire(import.meta.url)('pino-pretty') as (options: PrettyOptions) => DestinationStream
  return pretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' })
}
