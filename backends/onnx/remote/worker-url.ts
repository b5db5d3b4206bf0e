/** Where a worker of another machine listens. */
export interface WorkerUrl {
  /** As configured. */
  readonly text: string
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
}

const pattern = /^http:\/\/(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<name>[^\s/:@?#[\]]+)):(?<port>\d{1,5})\/?$/
const largestPort = 65_535

/**
 * Reads `http://host:port` (IPv6 addresses in brackets): the protocol begins as HTTP, so that curl can ask `/health`. The
 * port is always written, and there is no path.
 *
 * @throws Error with what is wrong and what would be right; without the URL where it may hold a password
 */
export const parseWorkerUrl = (text: string): WorkerUrl => {
  const groups = pattern.exec(text)?.groups
  const host = groups?.['ipv6'] ?? groups?.['name']
  const port = Number(groups?.['port'])
  if (host !== undefined && port > 0 && port <= largestPort) return { text: text.replace(/\/$/, ''), host, port }
  if (text.startsWith('https:'))
    throw new Error('workers speak no TLS: write http://host:port, within a private network')
  if (text.includes('@')) throw new Error('credentials do not belong here: write http://host:port and give a token')
  throw new Error(`${JSON.stringify(text)} is not the address of a worker: write http://host:port`)
}
