import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { request, type Dispatcher } from 'undici'

/** Connections whose callers are about to leave. */
export interface Callers {
  /** Closes all of them: every second one by RST, the others politely. */
  leave(): void
}

/** A long text takes a worker some 60 ms; `number` makes it unique. */
export const longText = (number: number): string =>
  `${number} ${'later city under around did such being used '.repeat(40)}`

const head = (url: URL, bodyBytes: number, priority: string): string =>
  [
    'POST /v1/embeddings HTTP/1.1',
    `host: ${url.host}`,
    'content-type: application/json',
    `content-length: ${bodyBytes}`,
    `x-embedgate-priority: ${priority}`,
    '',
    '',
  ].join('\r\n')

/**
 * Opens a connection for each text and sends a request for it.
 *
 * @param share of the body that is sent
 */
export const callers = async (
  address: string,
  texts: readonly string[],
  { share = 1, priority = 'interactive' }: { readonly share?: number; readonly priority?: 'interactive' | 'bulk' } = {},
): Promise<Callers> => {
  const url = new URL(address)
  const sockets = await Promise.all(
    texts.map(async (input) => {
      const body = Buffer.from(JSON.stringify({ model: 'all-MiniLM-L6-v2', input }))
      const socket = connect(Number(url.port), url.hostname)
      // An answer that was on its way when its caller left is reset.
      socket.on('error', () => {})
      socket.resume()
      await once(socket, 'connect')
      socket.write(head(url, body.length, priority))
      socket.write(body.subarray(0, Math.ceil(body.length * share)))
      return socket
    }),
  )
  return { leave: () => sockets.forEach(leave) }
}

const leave = (socket: Socket, index: number): void => {
  if (index % 2 === 0) socket.resetAndDestroy()
  else socket.destroy()
}

/** Sends a request and waits for its answer. @throws unless it is 200 */
export const askFor = async (url: string, input: string | readonly string[]): Promise<void> => {
  const { statusCode, body }: Dispatcher.ResponseData = await request(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'all-MiniLM-L6-v2', input }),
  })
  const answer = await body.text()
  if (statusCode !== 200) throw new Error(`${statusCode} ${answer.slice(0, 200)}`)
}
