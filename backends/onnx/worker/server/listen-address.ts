import { type AddressInfo, isIPv4, isIPv6 } from 'node:net'

/** Where a worker listens: a Unix socket, or a TCP port. */
export type ListenAddress = { readonly path: string } | { readonly host: string; readonly port: number }

const largestPort = 65_535

/**
 * Reads `unix:/path` or `host:port` (also `tcp:host:port`; IPv6 addresses in brackets).
 *
 * @throws Error with what is wrong and what would be right
 */
export const parseListenAddress = (text: string): ListenAddress => {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    if (path.startsWith('/')) return { path }
    throw new Error(`${JSON.stringify(text)} is not an absolute path: write unix:/path/to/socket`)
  }
  const match = /^(?:tcp:)?(?:\[(?<ipv6>[^\]]+)\]|(?<name>[^:]+)):(?<port>\d+)$/.exec(text)
  const host = match?.groups?.['ipv6'] ?? match?.groups?.['name']
  const port = Number(match?.groups?.['port'])
  if (host !== undefined && port <= largestPort) return { host, port }
  throw new Error(`${JSON.stringify(text)} is not an address: write unix:/path/to/socket, or host:port`)
}

/** Where a server listens that was told to listen on `address`, with the port that a 0 became. */
export const boundAddress = (address: ListenAddress, bound: AddressInfo | string | null): string => {
  if ('path' in address) return `unix:${address.path}`
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port
  return `http://${isIPv6(address.host) ? `[${address.host}]` : address.host}:${port}`
}

/** Whether only this machine can reach the address. */
export const isLocal = (address: ListenAddress): boolean => {
  if ('path' in address) return true
  const { host } = address
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
