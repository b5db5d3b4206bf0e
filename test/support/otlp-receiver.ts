import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'

/** One export of spans, as it came. */
export interface Export {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** Something that takes OTLP on a free loopback port. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string
  readonly exports: readonly Export[]
  /** Whether some export holds `text`: names and values of spans are plain bytes in every protocol. */
  holds(text: string): boolean
}

/** How it answers: `ok`, `refusing` with 503, or `silent`: not at all. */
export type Mood = 'ok' | 'refusing' | 'silent'

/** Takes OTLP over HTTP, protobuf and JSON alike. */
export const httpReceiver = async (mood: Mood = 'ok', port = 0): Promise<OtlpReceiver> => {
  const exports: Export[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      exports.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) })
      if (mood !== 'silent') response.writeHead(mood === 'ok' ? 200 : 503).end()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return receiver(exports, server.address() as AddressInfo, close)
}

/** Takes OTLP over gRPC: each export is answered with an empty message. */
export const grpcReceiver = async (): Promise<OtlpReceiver> => {
  const exports: Export[] = []
  const sessions = new Set<ServerHttp2Session>()
  const server = createHttp2Server()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      exports.push({ path: headers[':path'] ?? '', headers, body: Buffer.concat(chunks) })
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.alloc(5))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    for (const session of sessions) session.destroy()
    server.close()
    await once(server, 'close')
  }
  return receiver(exports, server.address() as AddressInfo, close)
}

const receiver = (exports: readonly Export[], { port }: AddressInfo, close: () => Promise<void>): OtlpReceiver => ({
  url: `http://127.0.0.1:${port}`,
  exports,
  holds: (text) => exports.some(({ body }) => body.includes(text)),
  [Symbol.asyncDispose]: close,
})
