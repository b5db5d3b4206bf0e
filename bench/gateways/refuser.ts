import { createServer } from 'node:http'

/** The least that refusing costs: reads a request, and answers 503. Tells its parent where it listens. */

const body = Buffer.from(
  '{"error":{"message":"full","type":"service_unavailable_error","code":"EG_OVERLOADED","param":null}}',
)

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () =>
    response.writeHead(503, { 'content-type': 'application/json', 'content-length': body.length }).end(body),
  )
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.send?.({ url: `http://127.0.0.1:${port}` })
})
process.once('SIGTERM', () => process.exit(0))
