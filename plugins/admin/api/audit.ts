import type { FastifyBaseLogger, FastifyRequest } from 'fastify'

/** A change that an operator has made. */
export interface Change {
  /** What was done, e.g. `drain`. */
  readonly action: string
  /** What it was done to, e.g. the name of a backend; left out for all. */
  readonly target?: string
  readonly before: unknown
  readonly after: unknown
}

/** Writes a change into the log, with who made it. */
export type Audit = (request: Pick<FastifyRequest, 'ip' | 'id'>, change: Change) => void

/** One line for each change, at any level but `silent`: who turns the log down should not hide what is done meanwhile. */
export const auditLog =
  (log: Pick<FastifyBaseLogger, 'level' | 'child'>): Audit =>
  ({ ip, id }, { action, target, before, after }) => {
    if (log.level === 'silent') return
    const fields = { action, target, before, after, by: 'admin', remote_address: ip, request_id: id }
    log.child({}, { level: 'info' }).info(fields, 'an operator has changed something')
  }
