import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** Text that the upstream puts into errors, and that nobody must ever see. */
export const secretText = 'the text of somebody'

/** One question to the upstream, and what it would answer rightly. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly texts: readonly string[]
  /** The right answer: rows in the form of the route, and how they are put together. */
  readonly rows: readonly number[][]
  readonly write: (rows: readonly unknown[], change?: (items: Item[]) => unknown[]) => string
}

/** One row as OpenAI's route has it. */
export interface Item {
  readonly object: 'embedding'
  readonly index: number
  readonly embedding: unknown
}

const json = ({ response }: Exchange, body: string, headers: Record<string, string> = {}): void =>
  void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body)

const status =
  (code: number, headers: Record<string, string> = {}, error: object = { message: secretText, type: 'server_error' }) =>
  ({ response }: Exchange): void =>
    void response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ error }))

/** Answers with `rows` changed. */
const rowsAs =
  (change: (rows: readonly number[][]) => readonly unknown[]) =>
  (exchange: Exchange): void =>
    json(exchange, exchange.write(change(exchange.rows)))

/** Changes the JSON of the right answer as text. */
const textAs =
  (change: (text: string) => string) =>
  (exchange: Exchange): void =>
    json(exchange, change(exchange.write(exchange.rows)))

/** A number of the first row as no printer of JSON would write it. */
const literalAs =
  (literal: string) =>
  (exchange: Exchange): void => {
    const [first = [], ...others] = exchange.rows
    json(exchange, exchange.write([['#', ...first.slice(1)], ...others]).replace('"#"', literal))
  }

/** Changes what only OpenAI's answers have. */
const itemsAs =
  (change: (items: Item[]) => unknown[]) =>
  (exchange: Exchange): void =>
    json(exchange, exchange.write(exchange.rows, change))

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })

/** A gigabyte, as fast as it is taken. */
const gigabyte = async ({ response }: Exchange): Promise<void> => {
  const chunk = Buffer.alloc(65_536, '[')
  for (let sent = 0; sent < 1e9 && !response.destroyed; sent += chunk.length) {
    if (!response.write(chunk)) await drained(response)
  }
  response.end()
}

/** Fifty megabytes once it is unpacked. */
const bomb = gzipSync(Buffer.alloc(5e7, ' '), { level: 1 })

/** What an upstream can do wrong. */
export const faults = {
  'hangs before its headers': () => {},
  'hangs in its body': ({ response }: Exchange) => void response.writeHead(200).write('['),
  'sends a byte now and then': ({ response }: Exchange) => {
    response.writeHead(200)
    const timer = setInterval(() => void response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  },
  'ends its body early': ({ response, write, rows }: Exchange) => {
    const body = write(rows)
    response.writeHead(200, { 'content-length': body.length }).write(body.slice(0, -9))
    response.socket?.end()
  },
  'sends half of its JSON': textAs((text) => text.slice(0, -9)),
  'resets the connection in its body': ({ response, write, rows }: Exchange) => {
    response.writeHead(200).write(write(rows).slice(0, 9))
    setTimeout(() => response.socket?.resetAndDestroy(), 5)
  },
  'resets the connection': ({ response }: Exchange) => void response.socket?.resetAndDestroy(),
  'closes the connection': ({ response }: Exchange) => void response.socket?.end(),
  'sends rows that are too narrow': rowsAs((rows) => rows.map((row) => row.slice(1))),
  'sends rows that are too wide': rowsAs((rows) => rows.map((row) => [...row, 0])),
  'sends a row too few': rowsAs((rows) => rows.slice(1)),
  'sends a row too many': rowsAs((rows) => [...rows, ...rows.slice(0, 1)]),
  'sends no rows': rowsAs(() => []),
  'sends an object': (exchange: Exchange) => json(exchange, '{"ok":true}'),
  'sends null': (exchange: Exchange) => json(exchange, 'null'),
  'sends NaN': literalAs('NaN'),
  'sends numbers beyond float32': literalAs('1e300'),
  'sends numbers beyond all bounds': literalAs('1e999'),
  'sends null rows': rowsAs((rows) => rows.map(() => null)),
  'sends nulls in rows': rowsAs((rows) => rows.map((row) => [null, ...row.slice(1)])),
  'sends zeros': rowsAs((rows) => rows.map((row) => row.map(() => 0))),
  'sends strings': rowsAs((rows) => rows.map((row) => row.map(String))),
  'sends text as a row': rowsAs((rows) => rows.map(() => 'not base64 !')),
  'sends HTML': ({ response }: Exchange) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Welcome</body></html>'),
  'sends nothing': ({ response }: Exchange) => void response.writeHead(200).end(),
  'answers 204': ({ response }: Exchange) => void response.writeHead(204).end(),
  'sends a gigabyte': gigabyte,
  'announces a gigabyte': (exchange: Exchange) => {
    exchange.response.writeHead(200, { 'content-length': 1e9 })
    return gigabyte(exchange)
  },
  'compresses its answer': ({ response, write, rows }: Exchange) =>
    void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(write(rows))),
  'sends a gzip bomb': ({ response }: Exchange) =>
    void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  'sends a gigabyte with a 500': (exchange: Exchange) => {
    exchange.response.writeHead(500)
    return gigabyte(exchange)
  },
  'is no HTTP server': ({ response }: Exchange) => void response.socket?.end('220 mail.example ESMTP\r\n'),
  redirects: status(302, { location: '/elsewhere' }),
  'redirects for good': status(308, { location: '/elsewhere' }),
  'answers 500': status(500),
  'answers 502 in HTML': ({ response }: Exchange) => void response.writeHead(502).end('<html>bad gateway</html>'),
  'answers 503': status(503),
  'answers 503 with retry-after': status(503, { 'retry-after': '7' }),
  'answers 429': status(429),
  'answers 429 with retry-after': status(429, { 'retry-after': '7' }),
  'answers 429 for want of money': status(429, {}, { message: secretText, code: 'insufficient_quota' }),
  'answers 401': status(401, {}, { message: secretText, code: 'invalid_api_key' }),
  'answers 403': status(403),
  'answers 404': status(404),
  'answers 424': status(424),
  'answers 400 for another field': status(400, {}, { message: secretText, param: 'dimensions' }),
} satisfies Record<string, (exchange: Exchange) => void | Promise<void>>

/** What only an engine with OpenAI's answers can do wrong. */
export const itemFaults = {
  'gives two rows one index': itemsAs((items) => items.map((item) => ({ ...item, index: 0 }))),
  'gives no index': itemsAs((items) => items.map(({ embedding }) => ({ embedding }))),
  'gives an index beyond the last': itemsAs((items) => items.map((item) => ({ ...item, index: item.index + 1 }))),
  'gives an index that is no whole number': itemsAs((items) =>
    items.map((item) => ({ ...item, index: item.index / 2 })),
  ),
  'gives an index in words': itemsAs((items) => items.map((item) => ({ ...item, index: String(item.index) }))),
  'sends NaN in base64': rowsAs((rows) => rows.map((row) => base64Of(row.map(() => Number.NaN)))),
  'sends float64 in base64': rowsAs((rows) =>
    rows.map((row) => Buffer.from(Float64Array.from(row).buffer).toString('base64')),
  ),
  'sends too little base64': rowsAs((rows) => rows.map((row) => base64Of(row).slice(4))),
  'sends numbers without rows': itemsAs((items) => items.map(({ embedding }) => embedding)),
} satisfies Record<string, (exchange: Exchange) => void>

/** What is unusual, and right. */
export const oddities = {
  'answers in another order': itemsAs((items) => items.toReversed()),
  'leaves its vectors at another length': rowsAs((rows) => rows.map((row) => row.map((value) => value * 3))),
} satisfies Record<string, (exchange: Exchange) => void>

/** All of it. */
export const script = {
  ...faults,
  ...itemFaults,
  ...oddities,
  'refuses the input': status(400, {}, { message: secretText, type: 'invalid_request' }),
}

/** The name of a fault, or of an oddity. */
export type Fault = keyof typeof script

/** Float32 little-endian, as OpenAI has it. */
export const base64Of = (row: readonly number[]): string =>
  Buffer.from(Float32Array.from(row).buffer).toString('base64')
