import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePort } from '../../bench/servers/free-port.ts'

/** The usual port of a server, or another free one where somebody has it. */
export const portLike = async (usual: number): Promise<number> => {
  const server = createServer().listen(usual, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return freePort()
  }
  server.close()
  await once(server, 'close')
  return usual
}
