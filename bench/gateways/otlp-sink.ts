import { createServer } from 'node:http'

/** A collector that takes whatever spans come, and keeps none. Tells its parent where it listens. */

const server = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.send?.({ url: `http://127.0.0.1:${port}` })
})
process.once('SIGTERM', () => process.exit(0))
