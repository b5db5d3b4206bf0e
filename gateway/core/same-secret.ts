import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether a secret that was given is the wanted one. The time it takes says nothing about how much of it was right. */
export const isSameSecret = (given: string, wanted: string): boolean =>
  timingSafeEqual(digestOf(given), digestOf(wanted))

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()
