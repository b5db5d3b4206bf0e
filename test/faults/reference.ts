import { request } from 'undici'
import { startGatewayProcess } from '../../bench/servers/gateway-process.ts'
import { vectorIn, type Outcome } from './load.ts'

/** A gateway to which nothing happens: what it answers is right. */
export interface Reference {
  /** Texts whose vectors are not what it gives for them. */
  wrong(outcomes: readonly Outcome[]): Promise<readonly string[]>
  stop(): Promise<void>
}

/** Vectors are of unit length; other batches round differently. The texts of a load are far below this to each other. */
const leastCosine = 0.99999
const textsPerRequest = 32

/** Starts a healthy gateway of one processor tier. */
export const startReference = async (): Promise<Reference> => {
  const gateway = await startGatewayProcess({
    backends: { cpu: { kind: 'onnx', device: 'cpu', model: 'all-MiniLM-L6-v2' } },
    models: { 'all-MiniLM-L6-v2': { chain: ['cpu'] } },
  })
  return {
    wrong: async (outcomes) => {
      const answered = outcomes.flatMap(({ text, vector }) => (vector === undefined ? [] : [{ text, vector }]))
      const found: string[] = []
      for (let from = 0; from < answered.length; from += textsPerRequest) {
        const some = answered.slice(from, from + textsPerRequest)
        const right = await vectorsOf(
          gateway.url,
          some.map(({ text }) => text),
        )
        found.push(...some.filter(({ vector }, index) => !isSame(vector, right[index])).map(({ text }) => text))
      }
      return found
    },
    stop: () => gateway.stop(),
  }
}

const vectorsOf = async (url: string, texts: readonly string[]): Promise<readonly Float32Array[]> => {
  const { statusCode, body } = await request(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'all-MiniLM-L6-v2', input: texts, encoding_format: 'base64' }),
  })
  const answer = (await body.json()) as { data: { embedding: string }[] }
  if (statusCode !== 200) throw new Error(`the reference answered ${statusCode}`)
  return answer.data.map(({ embedding }) => vectorIn(embedding))
}

/** NaN is never the same. */
const isSame = (a: Float32Array, b: Float32Array | undefined): boolean =>
  a.length === b?.length && a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0) >= leastCosine
