import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { noMeter } from '../../../gateway/core/meter.ts'
import type { EndedRequest } from '../../../gateway/http/requests.ts'
import { answering, ask, deferred, gateway, type GatewayOptions } from './gateway.ts'

const key = { name: 'k', sha256: 'x'.repeat(64), tenant: 'default', priority: 'interactive' as const }

/** A gateway that listens, and what it tells of its requests. */
const watched = async (options: GatewayOptions = {}) => {
  const ended: EndedRequest[] = []
  const errors: string[] = []
  let inFlight = 0
  const meter = {
    ...noMeter,
    counter: (name: string) => (labels: Readonly<Record<string, string>>) => () =>
      void (name === 'errors_total' && errors.push(labels['code'] ?? '')),
  }
  const extra = (app: FastifyInstance): void =>
    app.observeRequests({
      begin: () => void (inFlight += 1),
      end: (request) => {
        inFlight -= 1
        ended.push(request)
      },
    })
  const { app } = await gateway({ ...options, meter, extra })
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { app, ended, errors, open, inFlight: () => inFlight }
}

const body = '{"model":"tiny","input":"x"}'
const headOf = (length: number): string =>
  `POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`

/** What is told of a request, as far as the tests below go. */
const toldOf = ({ id, method, route, status, outcome }: EndedRequest) => ({ id, method, route, status, outcome })

describe('every request is told of when it has ended, once', () => {
  it('with its route, how it ended and how long it took', async () => {
    const { app, ended, errors } = await watched()
    await ask(app, { input: 'one' }, { 'x-request-id': 'mine' })
    expect(ended.map(toldOf)).toEqual([
      { id: 'mine', method: 'POST', route: '/v1/embeddings', status: 200, outcome: 'success' },
    ])
    expect([ended[0]?.durationMs, ended[0]?.tenant, errors]).toEqual([expect.any(Number), 'default', []])
  })

  it.each([
    ['a path that cannot be decoded', 'GET /%zz HTTP/1.1\r\nhost: x\r\n\r\n', 'GET', 400, 'EG_INPUT_INVALID'],
    ['bytes that are not HTTP', 'nonsense\r\n\r\n', undefined, 400, 'EG_INPUT_INVALID'],
    [
      'headers that are too long',
      `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      undefined,
      431,
      'EG_HEADERS_TOO_LARGE',
    ],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', 'CONNECT', 405, 'EG_METHOD'],
  ])('also where it came to no route: %s', async (_what, bytes, method, status, code) => {
    const { ended, errors, open, inFlight } = await watched()
    const socket = await open()
    let answer = ''
    socket.on('data', (data) => (answer += String(data)))
    socket.write(bytes)
    await expect.poll(() => ended.length).toBe(1)
    await expect.poll(() => answer).toContain(`HTTP/1.1 ${status} `)
    const id = /x-request-id: (\S+)/.exec(answer)?.[1]
    expect(ended.map(toldOf)).toEqual([{ id, method, route: undefined, status, outcome: code }])
    expect([errors, inFlight()]).toEqual([[code], 0])
  })

  it('as 499 when its caller leaves in the middle of its body, which is no error of its input', async () => {
    const { ended, errors, open } = await watched()
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const socket = await open()
      socket.write(headOf(100) + body)
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket[leave]()
    }
    await expect.poll(() => ended.length).toBe(3)
    for (const each of ended) expect(each).toMatchObject({ status: 499, outcome: 'caller_gone' })
    expect(errors).toEqual([])
  })

  it('with the status that was answered when its body turns out not to be HTTP', async () => {
    const { ended, errors, open } = await watched()
    const socket = await open()
    socket.resume()
    socket.write(
      'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    )
    await expect.poll(() => ended.length).toBe(1)
    expect(toldOf(ended[0] as EndedRequest)).toMatchObject({
      route: '/v1/embeddings',
      status: 400,
      outcome: 'EG_INPUT_INVALID',
    })
    expect(errors).toEqual(['EG_INPUT_INVALID'])
  })

  it('as 499 when its caller leaves before the answer', async () => {
    const arrived = deferred()
    const embed: GatewayOptions['embed'] = (_batch, call) => {
      arrived.resolve()
      return new Promise((_resolve, reject) => call.onEnd((reason) => reject(reason)))
    }
    const { ended, open } = await watched({ embed })
    const socket = await open()
    socket.write(headOf(body.length) + body)
    await arrived.promise
    socket.destroy()
    await expect.poll(() => ended.map(toldOf)).toMatchObject([{ status: 499, outcome: 'caller_gone' }])
  })

  it('without a tenant when keys are configured and none was shown', async () => {
    const { app, ended } = await watched({ keys: [key], embed: answering() })
    await ask(app, { input: 'one' })
    expect(ended[0]).toMatchObject({ status: 401, outcome: 'EG_AUTH_MISSING', tenant: undefined })
  })
})
