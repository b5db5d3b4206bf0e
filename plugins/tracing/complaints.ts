import type { DiagLogger } from '@opentelemetry/api'
import type { Clock } from '../../gateway/core/clock.ts'
import type { Log } from '../../gateway/core/log.ts'
import { rateLimitedLog } from '../../gateway/core/rate-limited-log.ts'

/** An endpoint that is gone fails once a batch, for as long as it is gone. */
const everyMs = 60_000
const maxCharacters = 300

/** Writes what the SDK complains of into the gateway's log: one line a minute, whatever it is. */
export const complaintsTo = (log: Log, clock: Clock): DiagLogger => {
  const limited = rateLimitedLog(log, clock, everyMs)
  const complain = (text: string): void =>
    limited.warn({ reason: reasonIn(text) }, 'tracing: spans may be missing where they are sent to')
  return { error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore }
}

const ignore = (): void => {}

/** The SDK writes exceptions as JSON of all they hold, answers of servers included. Endpoints may hold a password. */
const reasonIn = (text: string): string =>
  messageOf(text)
    .replaceAll(/\/\/[^/@\s]*@/g, '//[redacted]@')
    .slice(0, maxCharacters)

const messageOf = (text: string): string => {
  if (!text.startsWith('{')) return text
  try {
    const { message, code, name } = JSON.parse(text) as Readonly<Record<string, unknown>>
    return [message, code, name].filter((part) => typeof part === 'string' && part !== '').join(', ')
  } catch {
    return text
  }
}
