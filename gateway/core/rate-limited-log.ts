import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** Different messages that are remembered; beyond it the oldest is forgotten, and its next line is let through. */
const maxMessages = 100

/** How often the same may be written, and what is the same. */
export interface RateLimit {
  /** 10 000 by default. */
  readonly everyMs?: number
  /** Lines of one message that tell of different things, by their fields; none by default. */
  readonly apart?: (fields: Readonly<Record<string, unknown>>) => string
}

/**
 * A log for faults that can repeat with every request: each message is written once in `everyMs`, with the number of
 * those left out since (`suppressed`).
 */
export const rateLimitedLog = (log: Log, clock: Clock, { everyMs = 10_000, apart = () => '' }: RateLimit = {}): Log => {
  const known = new Map<string, { sinceMs: number; suppressed: number }>()
  const pass = (level: keyof Log, fields: object, message: string): void => {
    const id = `${level} ${message} ${apart(fields as Record<string, unknown>)}`
    const last = known.get(id)
    if (last && clock.now() - last.sinceMs < everyMs) {
      last.suppressed += 1
      return
    }
    known.delete(id)
    if (known.size >= maxMessages) known.delete(known.keys().next().value ?? '')
    known.set(id, { sinceMs: clock.now(), suppressed: 0 })
    log[level](last && last.suppressed > 0 ? { ...fields, suppressed: last.suppressed } : fields, message)
  }
  return {
    debug: (fields, message) => pass('debug', fields, message),
    info: (fields, message) => pass('info', fields, message),
    warn: (fields, message) => pass('warn', fields, message),
    error: (fields, message) => pass('error', fields, message),
  }
}
