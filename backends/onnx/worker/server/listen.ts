import { once } from 'node:events'
import { lstat, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import type { ListenAddress } from './listen-address.ts'

/** Only the user that runs the worker may open its socket. */
const ownerOnly = 0o177

/**
 * Makes a server listen. A socket file that nobody listens on, left by a process that was killed, is replaced.
 *
 * @throws Error of the operating system: address in use, no permission, ...
 */
export const listen = async (server: Server, address: ListenAddress): Promise<void> => {
  if ('path' in address && (await isStale(address.path))) await rm(address.path, { force: true })
  const mask = process.umask(ownerOnly)
  try {
    // A Unix socket is made before `listen` returns, so that nothing else is made with this mask.
    server.listen(address)
  } finally {
    process.umask(mask)
  }
  await once(server, 'listening')
}

/** Whether it is a socket that refuses connections. Other files refuse them too, and are not ours to remove. */
const isStale = async (path: string): Promise<boolean> => {
  const file = await lstat(path).catch(() => undefined)
  return file !== undefined && file.isSocket() && refusesConnections(path)
}

const refusesConnections = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
