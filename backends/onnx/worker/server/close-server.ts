import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** How often connections whose answer has left are looked for. */
const sweepMs = 10
/** Time for the last answers to leave, and for clients to end; one that does not read or does not end is not waited for. */
const lastAnswersMs = 2_000

/**
 * Closes a server that has nothing left to answer: each connection as soon as its last answer has left.
 *
 * @param upgraded connections that have left HTTP
 * @param endsUpgraded whether they are ended; otherwise their clients end them, who know what is still on its way
 */
export const closeServer = async (
  server: Server,
  upgraded: ReadonlySet<Duplex>,
  endsUpgraded: boolean,
): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  if (endsUpgraded) for (const socket of upgraded) socket.end()
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  const limit = setTimeout(() => {
    server.closeAllConnections()
    for (const socket of upgraded) socket.destroy()
  }, lastAnswersMs)
  await closed
  clearInterval(sweep)
  clearTimeout(limit)
}
