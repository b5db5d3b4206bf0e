import type { Call } from '../../gateway/core/call.ts'
import type { Clock } from '../../gateway/core/clock.ts'
import type { Embeddings } from '../../gateway/core/embeddings.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import { answerOf, copyNumbers, jsonOf, largestAnswerBytes } from '../remote/answer.ts'
import type { RefusingEngine } from '../remote/cut-refused.ts'
import type { Exchange } from '../remote/exchange.ts'
import { refusalOf } from '../remote/refusal.ts'
import type { TeiOptions } from './options.ts'

/**
 * Asks a TEI server. It cuts texts when told to, but does not say which; so it is told to refuse, and a text that it refuses
 * is sent again to be cut.
 */
export const teiEngine = (options: TeiOptions, exchange: Exchange, clock: Clock): RefusingEngine => {
  const { dims, normalized } = options

  const ask = async (texts: readonly string[], truncate: boolean, call: Call): Promise<Embeddings> => {
    const answer = await exchange.send({
      route: '/embed',
      body: JSON.stringify({ inputs: texts, truncate, normalize: normalized }),
      maxBytes: largestAnswerBytes(texts.length, dims),
      until: call,
      requestId: call.requestId,
      trace: call,
    })
    if (answer.status !== 200) throw refusalOf(answer, clock.wallNow(), texts.length)
    const tokens = Number(answer.headers['x-compute-tokens'] ?? 0)
    return answerOf(texts, rowsOf(jsonOf(answer.body), texts.length, dims), tokens, options)
  }

  return {
    whole: (texts, call) => ask(texts, false, call),
    cut: async (text, call) => ({ ...(await ask([text], true, call)), truncated: Uint8Array.of(1) }),
  }
}

/** @throws BackendError `protocol`, or `invalid_rows` for a wrong count or width */
const rowsOf = (body: unknown, rows: number, dims: number): Float32Array => {
  if (!Array.isArray(body)) throw new BackendError('protocol', 'the answer of the engine is no list of rows')
  if (body.length !== rows) throw new BackendError('invalid_rows', `${body.length} rows for ${rows} texts`)
  const vectors = new Float32Array(rows * dims)
  body.forEach((numbers, row) => copyNumbers(vectors, row, numbers, dims))
  return vectors
}
