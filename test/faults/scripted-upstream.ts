import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { syntheticVector } from '../../backends/synthetic/vector.ts'
import { base64Of, script, secretText, type Exchange, type Fault } from './upstream-faults.ts'

/** Width of the upstream's vectors. */
export const dims = 8
/** Characters that it reads of a text: 256 tokens of four, less those that an engine adds. */
export const maxCharacters = 1_008

/** A request as the upstream saw it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

/** An engine with OpenAI's and TEI's routes, which does as it is told. */
export interface ScriptedUpstream extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** What it does wrong from now on; the truth when undefined. */
  fault: Fault | undefined
  /** Characters that it reads of a text; `maxCharacters` at first. */
  reads: number
  /** Leaves requests without an answer that have a text of at least so many characters. */
  hangsFrom: number
  /** What `GET /info` says. */
  info: Readonly<Record<string, unknown>>
  /** What `GET /models` lists; nothing at first. */
  models: readonly unknown[]
  /** What `GET /models`, `/health` and `/info` are answered with. */
  status: number
  readonly seen: Seen[]
  /** Connections since the start. */
  connections(): number
  /** Connections now. */
  open(): number
  /** Bytes that have left it since the start. */
  sentBytes(): number
}

/** Starts an upstream on a free port of `host`. */
export const startUpstream = async (host = '127.0.0.1', port = 0): Promise<ScriptedUpstream> => {
  const sockets = new Set<Socket>()
  let goneBytes = 0
  let connections = 0
  const answer = (exchange: Exchange): void | Promise<void> => {
    const { fault } = upstream
    if (fault !== undefined) return script[fault](exchange)
    const tokens = String(tokensOf(exchange.texts))
    exchange.response.writeHead(200, { 'x-compute-tokens': tokens }).end(exchange.write(exchange.rows))
    return undefined
  }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const body = text === '' ? undefined : (JSON.parse(text) as Readonly<Record<string, unknown>>)
    upstream.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    const texts = body?.['input'] ?? body?.['inputs']
    if (body !== undefined && Array.isArray(texts)) await embed(request, response, body, texts as string[])
    else answerOther(request, response, upstream, body)
  }
  const embed = async (
    request: IncomingMessage,
    response: ServerResponse,
    body: Readonly<Record<string, unknown>>,
    texts: readonly string[],
  ): Promise<void> => {
    if (body['truncate'] !== true && texts.some((each) => each.length > upstream.reads)) {
      const error = { message: `maximum context length is 256 tokens: ${secretText}`, type: 'invalid_request_error' }
      response.writeHead(400).end(JSON.stringify({ error }))
      return
    }
    if (texts.some((each) => each.length >= upstream.hangsFrom)) return
    const rows = texts.map((each) => [...syntheticVector(each.slice(0, upstream.reads), dims)])
    await answer({ request, response, texts, rows, write: writerOf(body, texts) })
  }
  const server = createServer((request, response) => void handle(request, response))
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      goneBytes += socket.bytesWritten
    })
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { port: listening } = server.address() as AddressInfo
  const upstream: ScriptedUpstream = {
    url: `http://${host}:${listening}`,
    port: listening,
    fault: undefined,
    reads: maxCharacters,
    hangsFrom: Infinity,
    models: [],
    info: { model_id: 'synthetic', max_input_length: 256, max_client_batch_size: 32, model_type: { embedding: {} } },
    status: 200,
    seen: [],
    connections: () => connections,
    open: () => sockets.size,
    sentBytes: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, goneBytes),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
  return upstream
}

const tokensOf = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + Math.min(maxCharacters, text.length), 0) >> 2

/** Routes that do not embed: faults of the status show here too. */
const answerOther = (
  request: IncomingMessage,
  response: ServerResponse,
  { fault, status, models, info }: ScriptedUpstream,
  body: unknown,
): void => {
  const exchange = { request, response, texts: [], rows: [], write: () => JSON.stringify({ echo: body }) }
  if (request.method !== 'GET' && fault !== undefined) void script[fault](exchange)
  else if (request.method !== 'GET') response.end(exchange.write())
  else response.writeHead(status).end(JSON.stringify(request.url === '/info' ? info : { object: 'list', data: models }))
}

const writerOf =
  (body: Readonly<Record<string, unknown>>, texts: readonly string[]): Exchange['write'] =>
  (rows, change = (items) => items) => {
    if (!('input' in body)) return JSON.stringify(rows)
    const isBase64 = body['encoding_format'] === 'base64'
    const embeddings = rows.map((row) => (isBase64 && isRight(row) ? base64Of(row) : row))
    const data = change(embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })))
    return JSON.stringify({ object: 'list', data, model: 'm', usage: { prompt_tokens: tokensOf(texts) } })
  }

const isRight = (row: unknown): row is number[] => Array.isArray(row) && row.every((each) => typeof each === 'number')
