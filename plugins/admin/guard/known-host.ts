import { isIP } from 'node:net'

/**
 * Whether a request was sent to this listener by a name it has. A page of the Web can point a name of its own at this address
 * and then talk to it as if it were its own server ("DNS rebinding"); it cannot do so with an address, nor with a name of ours.
 *
 * @param names in lower case
 * @param header the `host` header
 */
export const isKnownHost = (names: ReadonlySet<string>, header: string | undefined): boolean => {
  const host = nameOf(header ?? '')
  return isIP(host) !== 0 || host === 'localhost' || names.has(host)
}

/** Without port, and without the brackets of an IPv6 address. */
const nameOf = (header: string): string => {
  const [, bracketed, plain = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header.toLowerCase()) ?? []
  return bracketed ?? plain
}
