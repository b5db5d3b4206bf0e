import type { DiagLogger } from '@opentelemetry/api'
import type { Clock } from '../../gateway/core/clock.ts'
import type { Log } from '../../gateway/core/log.ts'
import { rateLimitedLog } from '../../gateway/core/rate-limited-log.ts'

/** An endpoint that is gone fails once a batch, for as long as it is gone. */
const everyMs = 60_000
const maxCharacters = 300

/** What the SDK complains of, and what we do of its settings, in the gateway's log. */
export interface Complaints extends DiagLogger {
  /** A setting that cannot be used, in words. */
  setting(reason: string): void
  /** From now on complaints are about spans, no longer about settings. */
  started(): void
}

/** Every wrong setting is a line of its own; then spans that are lost are one line a minute for each reason. */
export const complaintsTo = (log: Log, clock: Clock): Complaints => {
  const limited = rateLimitedLog(log, clock, { everyMs, apart })
  let isStarted = false
  const setting = (reason: string): void => log.warn({ reason }, 'tracing: a setting is not used as it is')
  const complain = (text: string): void => {
    const reason = reasonIn(text)
    if (isStarted) limited.warn({ reason }, 'tracing: spans may be missing where they are sent to')
    else setting(reason)
  }
  return {
    error: complain,
    warn: complain,
    info: ignore,
    debug: ignore,
    verbose: ignore,
    setting,
    started: () => void (isStarted = true),
  }
}

/** Whatever its numbers: how many spans were dropped, at which address. */
const apart = ({ reason }: Readonly<Record<string, unknown>>): string => String(reason).replaceAll(/\d+/g, '#')

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
