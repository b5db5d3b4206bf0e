import { createRequire } from 'node:module'
import { destination, type DestinationStream, type LoggerOptions } from 'pino'
import type { PrettyOptions } from 'pino-pretty'
import type { Static } from 'typebox'
import type { TelemetryConfig } from '../../gateway/config/schema.ts'

/** Lines waiting for a slow standard output, in bytes; beyond it new lines are dropped rather than memory grown. */
const maxWaitingBytes = 8_388_608
/**
 * Lines are written together, once there are so many bytes or after so long: a write for each costs more than the line.
 * The bytes stay below the most that pino's stream writes at once, 16 KiB.
 */
const writtenAtOnceBytes = 16_000
const writtenEveryMs = 100

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

const standardOutput = (): DestinationStream => {
  const output = destination({
    dest: 1,
    sync: false,
    contentMode: 'buffer',
    minLength: writtenAtOnceBytes,
    periodicFlush: writtenEveryMs,
    maxLength: maxWaitingBytes,
  })
  // Given text, the stream would join and measure all that waits again for each line: 2 us at 8 KB.
  return { write: (line) => void output.write(Buffer.from(line) as unknown as string) }
}

/** The time of a line as ISO 8601. Put into words once a millisecond, which under load is a tenth of all lines. */
const isoTime = (): (() => string) => {
  let atMs = 0
  let words = ''
  return () => {
    const nowMs = Date.now()
    if (nowMs !== atMs) words = `,"time":"${new Date(nowMs).toISOString()}"`
    atMs = nowMs
    return words
  }
}

/** Loaded only on a terminal: it would cost every other start some 30 ms. */
const prettyStream = (): DestinationStream => {
  const pretty = createRequire(import.meta.url)('pino-pretty') as (options: PrettyOptions) => DestinationStream
  return pretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l' })
}
