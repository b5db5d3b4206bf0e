import { randomFillSync } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const sane = /^[A-Za-z0-9._-]{1,128}$/

/** The caller's own `x-request-id` where it is sane, else a new one: it goes into headers, logs and traces as it is. */
export const requestIdOf = (headers: IncomingHttpHeaders): string => {
  const given = headers['x-request-id']
  return typeof given === 'string' && sane.test(given) ? given : newRequestId()
}

/** Random bytes are drawn for 256 ids at once: a draw for each costs more than the rest of the id. */
const pool = Buffer.alloc(16 * 256)
let used = pool.length

const newRequestId = (): string => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 16
  return `req_${pool.toString('hex', used - 16, used)}`
}
