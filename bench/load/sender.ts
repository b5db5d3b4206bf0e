import { Pool } from 'undici'
import { dims } from '../model.ts'
import type { Target } from './plan.ts'

/** Sends requests of a plan to its target. */
export interface Sender {
  /**
   * Resolves once the whole answer is there and looks right.
   *
   * @throws Error whose message is what came instead: `http 503 EG_OVERLOADED`, `ECONNRESET`, `short answer`
   */
  send(texts: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** How one language writes a request and how long its answer must be. */
interface Dialect {
  readonly path: string
  readonly body: (texts: readonly string[]) => string
  readonly bytesPerText: number
}

/** Long enough that no queue we measure ends in it. */
const patienceMs = 60_000

/** @param connections at most so many at once to each endpoint */
export const sender = (target: Target, connections: number): Sender => {
  const dialect = dialectOf(target)
  const options = { connections, pipelining: 1, headersTimeout: patienceMs, bodyTimeout: patienceMs }
  const pools =
    target.kind === 'openai'
      ? target.urls.map((url) => new Pool(url, options))
      : target.sockets.map((socketPath) => new Pool('http://worker', { ...options, socketPath }))
  const inFlight = pools.map(() => 0)
  let turn = 0
  return {
    send: async (texts) => {
      const index = leastBusy(inFlight, turn++)
      const pool = pools[index]
      if (pool === undefined) throw new Error('no endpoint')
      inFlight[index] = (inFlight[index] ?? 0) + 1
      try {
        await exchange(pool, dialect, texts)
      } finally {
        inFlight[index] = (inFlight[index] ?? 0) - 1
      }
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()))
    },
  }
}

const exchange = async (pool: Pool, dialect: Dialect, texts: readonly string[]): Promise<void> => {
  const headers = { 'content-type': 'application/json', 'x-embedgate-deadline-ms': String(patienceMs) }
  const request = { method: 'POST', path: dialect.path, headers, body: dialect.body(texts) } as const
  const { statusCode, body } = await pool.request(request)
  const answer = await body.bytes()
  if (statusCode !== 200) throw new Error(`http ${statusCode} ${reasonIn(answer)}`.trimEnd())
  // Parsing every answer would take the processor from the server; its length tells a whole answer from a broken one.
  if (answer.byteLength < texts.length * dialect.bytesPerText) throw new Error('short answer')
}

/** The code of the gateway's errors, the reason of a worker's. */
const reasonIn = (answer: Uint8Array): string => {
  try {
    const { error } = JSON.parse(Buffer.from(answer).toString()) as { error: { code?: string; reason?: string } }
    return error.code ?? error.reason ?? ''
  } catch {
    return ''
  }
}

const dialectOf = (target: Target): Dialect => {
  if (target.kind === 'worker') {
    let piece = 0
    return {
      path: '/embed',
      bytesPerText: dims * 4,
      body: (texts) =>
        JSON.stringify({ piece: `load-${piece++}`, texts, truncate: true, tenant: 'bench', priority: 'interactive' }),
    }
  }
  return {
    path: '/v1/embeddings',
    // base64: four characters for three bytes; floats: at least `0.1,` each.
    bytesPerText: target.encoding === 'base64' ? (dims * 4 * 4) / 3 : dims * 4,
    body: (texts) => JSON.stringify({ model: 'all-MiniLM-L6-v2', input: texts, encoding_format: target.encoding }),
  }
}

/** Ties go round, so that equal endpoints get equal shares. */
const leastBusy = (inFlight: readonly number[], turn: number): number => {
  let best = turn % inFlight.length
  inFlight.forEach((count, index) => {
    if (count < (inFlight[best] ?? 0)) best = index
  })
  return best
}
