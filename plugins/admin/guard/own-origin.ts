import type { IncomingHttpHeaders } from 'node:http'

/** Whether a change comes from a page of this listener, or from no browser at all: those send no `origin`. */
export const isOwnOrigin = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin === undefined || isOriginOf(origin, host ?? '')

const isOriginOf = (origin: string, host: string): boolean => {
  if (!URL.canParse(origin)) return false
  const { protocol, host: from } = new URL(origin)
  const own = `${protocol}//${host}`
  return URL.canParse(own) && new URL(own).host === from
}
