import { Pool } from 'undici'
import { unending } from '../../backends/onnx/supervisor/piece-stream.ts'
import type { Priority } from '../../gateway/core/call.ts'
import { workerClient } from '../../backends/onnx/supervisor/worker-client.ts'
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

/** One endpoint, in its language. */
interface Endpoint {
  send(texts: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Long enough that no queue we measure ends in it. */
const patienceMs = 60_000

/**
 * @param connections at most so many at once to each endpoint that speaks HTTP; a worker needs one
 * @param priority what the header says; none by default
 */
export const sender = (target: Target, connections: number, priority?: Priority): Sender => {
  const endpoints =
    target.kind === 'openai'
      ? target.urls.map((url) => openAi(url, target, connections, priority))
      : target.sockets.map(worker)
  const inFlight = endpoints.map(() => 0)
  let turn = 0
  return {
    send: async (texts) => {
      const index = leastBusy(inFlight, turn++)
      const endpoint = endpoints[index]
      if (endpoint === undefined) throw new Error('no endpoint')
      inFlight[index] = (inFlight[index] ?? 0) + 1
      try {
        await endpoint.send(texts)
      } finally {
        inFlight[index] = (inFlight[index] ?? 0) - 1
      }
    },
    close: async () => {
      await Promise.all(endpoints.map((endpoint) => endpoint.close()))
    },
  }
}

const openAi = (
  url: string,
  { encoding, headers: more, model = 'all-MiniLM-L6-v2' }: Extract<Target, { kind: 'openai' }>,
  connections: number,
  priority: Priority | undefined,
): Endpoint => {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: patienceMs, bodyTimeout: patienceMs })
  const headers = {
    'content-type': 'application/json',
    ...more,
    ...(priority !== undefined && { 'x-embedgate-priority': priority }),
  }
  // base64: four characters for three bytes; floats: at least `0.1,` each.
  const bytesPerText = encoding === 'base64' ? (dims * 4 * 4) / 3 : dims * 4
  return {
    send: async (texts) => {
      const body = JSON.stringify({ model, input: texts, encoding_format: encoding })
      const { statusCode, body: answer } = await pool.request({ method: 'POST', path: '/v1/embeddings', headers, body })
      const bytes = await answer.bytes()
      if (statusCode !== 200) throw new Error(`http ${statusCode} ${codeIn(bytes)}`.trimEnd())
      // Parsing every answer would take the processor from the server; its length tells a whole answer from a broken one.
      if (bytes.byteLength < texts.length * bytesPerText) throw new Error('short answer')
    },
    close: () => pool.destroy(),
  }
}

const worker = (socketPath: string): Endpoint => {
  const client = workerClient(socketPath, dims)
  const facts = { truncate: true, tenant: 'bench', priority: 'interactive', deadlineMs: patienceMs } as const
  let pieces = 0
  return {
    send: async (texts) => {
      const answer = await client.embed((pieces += 1), { texts, ...facts }, unending)
      if ('fault' in answer) throw new Error(answer.fault.reason)
    },
    close: () => client.close(),
  }
}

/** The code of the gateway's errors. */
const codeIn = (answer: Uint8Array): string => {
  try {
    const { error } = JSON.parse(Buffer.from(answer).toString()) as { error: { code?: string } }
    return error.code ?? ''
  } catch {
    return ''
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
