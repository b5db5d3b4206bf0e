import { randomFillSync } from 'node:crypto'

const idBytes = 8
/** Random bytes are drawn for 512 ids at once: a draw for each costs more than the rest of the id. */
const pool = Buffer.alloc(idBytes * 512)
let used = pool.length

/** A new span id: 8 random bytes in hexadecimal. */
export const newSpanId = (): string => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += idBytes
  return pool.toString('hex', used - idBytes, used)
}
