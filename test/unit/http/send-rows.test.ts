import { connect, type AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { ask, deferred, embeddingsFor, gateway, vectorFor } from './gateway.ts'

interface Answer {
  readonly data: readonly { readonly embedding: readonly number[] }[]
}

/** More than an answer that is sent as text. */
const textsOf = (request: number): string[] => Array.from({ length: 200 }, (_, row) => `text ${row} of ${request}`)

const expectAnswer = (body: string, request: number): void => {
  const { data } = JSON.parse(body) as Answer
  expect(data.map(({ embedding }) => Math.fround(embedding[0] ?? 0))).toEqual(
    textsOf(request).map((text) => expect.closeTo(vectorFor(text)[0] ?? 0, 8) as number),
  )
}

describe('sending rows', () => {
  it('answers many at once, each with its own vectors', async () => {
    const { app } = await gateway()
    const requests = Array.from({ length: 20 }, (_, request) => request)
    const answers = await Promise.all(requests.map((request) => ask(app, { input: textsOf(request) })))
    answers.forEach((answer, request) => expectAnswer(answer.body, request))
  })

  it('uses no memory again while its answer waits behind another one of its connection', async () => {
    const first = deferred()
    const embed: EmbedFn = async ({ texts }) => {
      if (texts[0] === textsOf(0)[0]) await first.promise
      return embeddingsFor(texts)
    }
    const { app, seen } = await gateway({ embed })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    const requests = [0, 1, 2]
    for (const request of requests) socket.write(requestFor(textsOf(request)))
    await vi.waitUntil(() => seen.length === requests.length)
    // Answered while those wait.
    for (const request of [10, 11, 12]) expectAnswer((await ask(app, { input: textsOf(request) })).body, request)
    first.resolve()
    let read = ''
    socket.setEncoding('latin1')
    for await (const text of socket) {
      read += text as string
      if (bodiesIn(read).length === requests.length && read.endsWith('}}')) break
    }
    bodiesIn(read).forEach((body, request) => expectAnswer(body, request))
    await app.close()
  })
})

const requestFor = (texts: readonly string[]): string => {
  const body = JSON.stringify({ model: 'tiny', input: texts })
  const head = `host: h\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
  return `POST /v1/embeddings HTTP/1.1\r\n${head}\r\n\r\n${body}`
}

const bodiesIn = (read: string): string[] => read.split(/HTTP\/1\.1 200 OK[^{]*\r\n\r\n/).slice(1)
