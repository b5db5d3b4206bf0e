import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../../../gateway/core/errors.ts'

/** What an operator wants done. */
export interface Intent {
  /** What is done, e.g. `drain`. */
  readonly action: string
  /** What it is done to, e.g. the name of a backend; left out for all. */
  readonly target?: string
}

/** A change that an operator has made. */
export interface Change extends Intent {
  readonly before: unknown
  readonly after: unknown
  /** The operator has overruled what would have been refused; left out otherwise. */
  readonly force?: true
}

/** Who asks. */
export type Asker = Pick<FastifyRequest, 'ip' | 'id'>

/** Writes what operators do into the log, with who did it: at any level, for who turns the log down should not hide the rest. */
export interface Audit {
  /**
   * One line for a change that was made. Nothing where the log is silent, and was before.
   *
   * @param levelBefore of the log; a change of the level itself would hide otherwise
   */
  changed(by: Asker, change: Change, levelBefore?: string): void
  /** One line for a change that was refused because of what it would have done. */
  refused(by: Asker, intent: Intent, code: ErrorCode): void
}

/** The audit in the log of the gateway. */
export const auditLog = (log: Pick<FastifyBaseLogger, 'level' | 'child'>): Audit => {
  const write = ({ ip, id }: Asker, fields: object, message: string, levelBefore = log.level): void => {
    if (levelBefore === 'silent' && log.level === 'silent') return
    log.child({}, { level: 'info' }).info({ ...fields, by: 'admin', remote_address: ip, request_id: id }, message)
  }
  return {
    changed: (by, { action, target, before, after, force }, levelBefore) =>
      write(
        by,
        { action, target, before, after, ...(force && { force }) },
        'an operator has changed something',
        levelBefore,
      ),
    refused: (by, { action, target }, code) =>
      write(by, { action, target, refused: code }, 'an operator was refused a change'),
  }
}
