import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** How often connections whose answer has left are looked for. */
const sweepMs = 10
/** Time for the last answers to leave; a client that does not read them is not waited for. */
const lastAnswersMs = 2_000

/**
 * Closes a server that has nothing left to answer: each connection as soon as its last answer has left.
 *
 * @param upgraded connections that have left HTTP
 */
export const closeServer = async (server: Server, upgraded: ReadonlySet<Duplex>): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  for (const socket of upgraded) socket.end()
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  const limit = setTimeout(() => {
    server.closeAllConnections()
    for (const socket of upgraded) socket.destroy()
  }, lastAnswersMs)
  await closed
  clearInterval(sweep)
  clearTimeout(limit)
}
