import { createServer } from 'node:http'
import { dims } from '../model.ts'

/**
 * An engine that costs next to nothing: OpenAI's API, with one vector for every text, whose answers are made once for each
 * number of texts. Tells its parent where it listens.
 */

const vector = new Float32Array(dims).map((_, index) => Math.sin(index + 1))
const norm = Math.hypot(...vector)
vector.forEach((value, index) => (vector[index] = value / norm))
const encodings = {
  float: `[${Array.from(vector, (value) => value.toFixed(9)).join(',')}]`,
  base64: JSON.stringify(Buffer.from(vector.buffer).toString('base64')),
}

const answers = new Map<string, Buffer>()

const answerOf = (texts: number, encoding: keyof typeof encodings): Buffer => {
  const key = `${encoding} ${texts}`
  const made = answers.get(key)
  if (made) return made
  const rows = Array.from(
    { length: texts },
    (_, index) => `{"object":"embedding","index":${index},"embedding":${encodings[encoding]}}`,
  )
  const usage = `{"prompt_tokens":${texts * 16},"total_tokens":${texts * 16}}`
  const answer = Buffer.from(`{"object":"list","data":[${rows.join(',')}],"model":"upstream","usage":${usage}}`)
  answers.set(key, answer)
  return answer
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { input, encoding_format: encoding } = JSON.parse(Buffer.concat(chunks).toString() || '{"input":[]}') as {
      input: string | string[]
      encoding_format?: keyof typeof encodings
    }
    const body = answerOf(typeof input === 'string' ? 1 : input.length, encoding ?? 'float')
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number }
  process.send?.({ url: `http://127.0.0.1:${port}` })
})
process.once('SIGTERM', () => process.exit(0))
