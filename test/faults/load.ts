import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { freshSeed } from '../../bench/load/generate.ts'
import { requestTexts } from '../../bench/load/texts.ts'

/** What became of one request. */
export interface Outcome {
  readonly text: string
  /** When it was to be sent, on the monotonic clock; so a generator that is late does not hide it. */
  readonly startMs: number
  /** From then until the whole answer was there. */
  readonly latencyMs: number
  /** 0 when there was no answer. */
  readonly status: number
  /** Of the gateway's error, or of the socket's. */
  readonly code?: string
  /** `x-embedgate-backend` */
  readonly backend?: string
  /** `x-embedgate-degraded` */
  readonly degraded?: boolean
  readonly vector?: Float32Array
}

/** Requests that go on until they are stopped. */
export interface Load {
  /** Of the requests that have ended so far, in the order of their ends. */
  readonly outcomes: readonly Outcome[]
  /** Requests that wait for their answer. */
  running(): number
  /** Resolves when the last answer is in. */
  stop(): Promise<void>
}

/** Tokens of each text, a short query: four words that make it unique, and some more. */
export const tokens = 16
const connections = 256
/** Longer than any deadline of the gateway. */
const patienceMs = 90_000

/**
 * Sends requests of one text each at even intervals, whether or not earlier ones are answered. No text comes twice.
 */
export const startLoad = (url: string, perSecond: number): Load => {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: patienceMs, bodyTimeout: patienceMs })
  const next = requestTexts([tokens], 1, freshSeed())
  const outcomes: Outcome[] = []
  const running = new Set<Promise<void>>()
  const over = new AbortController()

  const begin = (startMs: number): void => {
    const [text = ''] = next().texts
    const request = ask(pool, text)
      .then((answer) => void outcomes.push({ text, startMs, latencyMs: performance.now() - startMs, ...answer }))
      .finally(() => running.delete(request))
    running.add(request)
  }
  const run = async (): Promise<void> => {
    let dueMs = performance.now()
    while (!over.signal.aborted) {
      for (; dueMs <= performance.now(); dueMs += 1_000 / perSecond) begin(dueMs)
      await sleep(Math.max(1, dueMs - performance.now()))
    }
  }
  const sending = run()
  return {
    outcomes,
    running: () => running.size,
    stop: async () => {
      over.abort()
      await sending
      await Promise.all(running)
      await pool.destroy()
    },
  }
}

type Answer = Omit<Outcome, 'text' | 'startMs' | 'latencyMs'>

const ask = async (pool: Pool, text: string): Promise<Answer> => {
  try {
    const { statusCode, headers, body } = await pool.request({
      method: 'POST',
      path: '/v1/embeddings',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'all-MiniLM-L6-v2', input: text, encoding_format: 'base64' }),
    })
    const answer = (await body.json()) as { data?: [{ embedding: string }]; error?: { code?: string } }
    return {
      status: statusCode,
      backend: String(headers['x-embedgate-backend']),
      degraded: headers['x-embedgate-degraded'] === 'true',
      ...(answer.error?.code === undefined ? {} : { code: answer.error.code }),
      ...(answer.data === undefined ? {} : { vector: vectorIn(answer.data[0].embedding) }),
    }
  } catch (error) {
    return { status: 0, code: (error as NodeJS.ErrnoException).code ?? String(error) }
  }
}

/** The numbers in the base64 of an answer. */
export const vectorIn = (base64: string): Float32Array => {
  const bytes = Buffer.from(base64, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}
