import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startGateway } from '../../support/gateway.ts'

// An event loop that is late because of other tests on this machine is not what these callers do.
const yaml = `
limits: { loopDelayP99Ms: 10000 }
server: { requestTimeoutMs: 2000, bulkTimeoutMs: 4000 }
backends:
  fake: { kind: synthetic, dims: 8 }
models:
  fake: { chain: [fake] }
`

const head = 'POST /v1/embeddings HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
const trickleMs = 500

/** Sends `start`, then a byte of `rest` now and then; resolves with what came back when the connection has ended. */
const trickle = (port: number, start: string, rest: string): Promise<string> =>
  new Promise((resolve) => {
    let answer = ''
    let sent = 0
    let timer: NodeJS.Timeout | undefined
    const socket: Socket = connect(port, '127.0.0.1', () => {
      socket.write(start)
      timer = setInterval(() => socket.writable && socket.write(rest[sent++ % rest.length] ?? 'x'), trickleMs)
    })
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve(answer)
    })
  })

describe('callers who trickle their requests', () => {
  it('hold up nobody, 500 of them, and are sent away when their time is up', { timeout: 60_000 }, async () => {
    await using gateway = await startGateway(yaml)
    const port = Number(new URL(gateway.url).port)
    const headers = Array.from({ length: 250 }, () => trickle(port, head, 'x-header: slow\r\n'))
    const bodies = Array.from({ length: 250 }, () =>
      trickle(port, `${head}content-length: 100000\r\n\r\n{"input":"`, 'slow '),
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    const ask = (count: number) =>
      fetch(`${gateway.url}/v1/embeddings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'fake', input: `healthy ${count}` }),
      }).then(async (answer) => (await answer.arrayBuffer(), answer.status))
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, count) => ask(round * 10 + count)))
      expect(answers).toEqual(Array.from({ length: 10 }, () => 200))
    }
    const ends = await Promise.all([...headers, ...bodies])
    expect(ends.filter((answer) => answer !== '' && !answer.startsWith('HTTP/1.1 408 '))).toEqual([])
    expect(ends.some((answer) => answer.includes('EG_REQUEST_TIMEOUT'))).toBe(true)
    expect(await ask(1_000)).toBe(200)
  })
})
