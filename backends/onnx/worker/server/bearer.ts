import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether an `authorization` header carries the token. The time it takes says nothing about how much of it was right. */
export const isAuthorized = (header: string | undefined, token: string): boolean =>
  timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
