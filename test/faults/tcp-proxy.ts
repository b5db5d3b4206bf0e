import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Server, type Socket } from 'node:net'
import { connection, type Connection } from './tcp-proxy/connection.ts'
import type { Faults } from './tcp-proxy/faults.ts'

/** What has passed a proxy. */
export interface ProxyCounts {
  /** Accepted; those that were reset or went nowhere count too. */
  readonly connections: number
  /** Open now. */
  readonly open: number
  /** Passed on to the target. */
  readonly bytesUp: number
  /** Passed on to the client. */
  readonly bytesDown: number
}

/** A TCP proxy that does wrong what it is told. */
export interface TcpProxy extends AsyncDisposable {
  /** On 127.0.0.1; the same one as long as the proxy lives. */
  readonly port: number
  counts(): ProxyCounts
  /** Replaces all faults, for open connections too. Resolves when new connections meet the new ones. */
  set(faults: Faults): Promise<void>
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Opens a proxy on a free loopback port.
 *
 * @param target host and port, or the path of a Unix socket
 */
export const openTcpProxy = async (target: NetConnectOpts): Promise<TcpProxy> => {
  const open = new Set<Connection>()
  const counts = { connections: 0, bytesUp: 0, bytesDown: 0 }
  let faults: Faults = {}
  let server: Server | undefined
  let port = 0

  const accept = (client: Socket): void => {
    counts.connections++
    const { connections } = faults
    if (connections === 'reset') {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const upstream = connections === 'blackhole' ? undefined : connect({ ...target, allowHalfOpen: true })
    const each = connection(client, upstream, () => faults, {
      passedUp: (bytes) => (counts.bytesUp += bytes),
      passedDown: (bytes) => (counts.bytesDown += bytes),
      closed: () => open.delete(each),
    })
    open.add(each)
  }

  const listen = async (): Promise<void> => {
    const next = createServer({ allowHalfOpen: true, noDelay: true }, accept).listen(port, '127.0.0.1')
    server = next
    await once(next, 'listening')
    port = (next.address() as AddressInfo).port
  }
  const stopListening = (): void => {
    server?.close()
    server = undefined
  }

  const set = async (next: Faults): Promise<void> => {
    faults = next
    if (next.connections === 'refuse') stopListening()
    else if (!server) await listen()
    for (const each of open) {
      if (next.connections === 'reset') each.reset()
      else if (next.connections === 'blackhole') each.swallow()
      else each.changed()
    }
  }
  const close = async (): Promise<void> => {
    stopListening()
    await Promise.all([...open].map((each) => each.destroy()))
  }

  await listen()
  return {
    port,
    counts: () => ({ ...counts, open: open.size }),
    set,
    close,
    [Symbol.asyncDispose]: close,
  }
}
