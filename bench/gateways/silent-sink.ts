import { createServer } from 'node:net'

/** A collector that takes connections and all that is sent, and never answers. Tells its parent where it listens. */

const server = createServer((socket) => socket.on('error', () => {}).resume())
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.send?.({ url: `http://127.0.0.1:${port}` })
})
process.once('SIGTERM', () => process.exit(0))
