import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { post, untilReady } from '../../support/gateway.ts'
import { expectGolden, goldens } from '../../support/golden.ts'
import { embedgate, folderWith, npmStart, start } from './program.ts'

const quick = `
server: { port: 0 }
admin: { port: 0 }
backends: { fake: { kind: synthetic, latencyMs: 300 } }
models: { fake: { chain: [fake] } }
`
const listening = /listens on (http:\/\/127\.0\.0\.1:\d+) after/

/** Waits until `count` embedding requests are in the gateway. */
const untilInFlight = async (url: string, count: number): Promise<void> => {
  const line = `embedgate_requests_in_flight{route="/v1/embeddings"} ${count}`
  while (!(await (await fetch(`${url}/metrics`)).text()).includes(line)) await pause(20)
}

describe('embedgate serve', { timeout: 60_000 }, () => {
  it('serves the embedded model with no configuration, says where and how, and exits 0 on SIGTERM', async () => {
    await using running = start(['serve', '--port', '0', '--admin-port', '0'])
    const [, url = ''] = await running.line(listening)
    await running.line(/Serving all-MiniLM-L6-v2 from (cpu|gpu) after [\d.]+ s/)
    await untilReady(url)
    const [, golden] = goldens
    const { body } = await post(`${url}/v1/embeddings`, { model: 'all-MiniLM-L6-v2', input: golden?.text ?? '' })
    expectGolden(body.data[0].embedding, golden?.vector ?? [])
    running.child.kill('SIGTERM')
    const { code, out, err } = await running.ended
    expect([code, err]).toEqual([0, ''])
    expect(out).not.toContain(golden?.text)
  })

  it('prints a request to try that works', async () => {
    await using running = start(['serve'], folderWith({ 'embedgate.yaml': quick }))
    const [, url = '', shown = ''] = await running.line(/try: curl -s (\S+) .* -d '(.*?)'/)
    await untilReady(new URL(url).origin)
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.parse(`"${shown}"`),
    })
    expect(response.status).toBe(200)
  })

  it('finishes what is in flight on SIGTERM, and nothing after it', async () => {
    await using running = start(['serve'], folderWith({ 'embedgate.yaml': quick }))
    const [, url = ''] = await running.line(listening)
    await untilReady(url)
    const inFlight = [1, 2, 3].map((text) => post(`${url}/v1/embeddings`, { model: 'fake', input: `text ${text}` }))
    await new Promise((resolve) => setTimeout(resolve, 100))
    running.child.kill('SIGTERM')
    expect((await Promise.all(inFlight)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect((await running.ended).code).toBe(0)
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed')
  })

  it('answers on for shutdownDelayMs after SIGTERM, not ready and closing every connection', async () => {
    const delayed = quick.replace('port: 0', 'port: 0, shutdownDelayMs: 2000').replace('latencyMs: 300', 'latencyMs: 1')
    await using running = start(['serve'], folderWith({ 'embedgate.yaml': delayed }))
    const [, url = ''] = await running.line(listening)
    await untilReady(url)
    running.child.kill('SIGTERM')
    await running.line(/"msg":"stopping"/)
    expect((await fetch(`${url}/health/ready`)).status).toBe(503)
    const { status, headers } = await post(`${url}/v1/embeddings`, { model: 'fake', input: 'late' })
    expect([status, headers.get('connection')]).toEqual([200, 'close'])
    expect((await running.ended).code).toBe(0)
  })

  it('[R5] waits for a body that trickles in until its grace period is over, then exits 0', async () => {
    const impatient = quick.replace('port: 0', 'port: 0, shutdownGraceMs: 1000')
    await using running = start(['serve'], folderWith({ 'embedgate.yaml': impatient }))
    const [, url = ''] = await running.line(listening)
    const head =
      'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n'
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(`${head}{"input":"`))
    socket.on('error', () => {})
    const trickling = setInterval(() => socket.writable && socket.write('x'), 100)
    socket.on('close', () => clearInterval(trickling))
    await untilInFlight(url, 1)
    running.child.kill('SIGTERM')
    const { code, out } = await running.ended
    expect(code).toBe(0)
    expect(out).toContain('requests in flight are cut: the grace period is over')
  })

  it('ends at once on a second signal', async () => {
    const endless = quick.replace('latencyMs: 300', 'latencyMs: 60000')
    await using running = start(['serve'], folderWith({ 'embedgate.yaml': endless }))
    const [, url = ''] = await running.line(listening)
    const lost = post(`${url}/v1/embeddings`, { model: 'fake', input: 'lost' }).then(
      () => 'answered',
      () => 'cut',
    )
    await untilInFlight(url, 1)
    running.child.kill('SIGTERM')
    await running.line(/"msg":"stopping"/)
    running.child.kill('SIGTERM')
    expect((await running.ended).code).not.toBe(0)
    expect(await lost).toBe('cut')
  })

  it('stops on the SIGTERM that npm start got', async () => {
    const folder = folderWith({ 'embedgate.yaml': quick })
    await using running = npmStart(['--config', `${folder}/embedgate.yaml`])
    await running.line(listening)
    running.child.kill('SIGTERM')
    // The output of npm ends when the last process that holds it has ended.
    expect((await running.ended).out).toContain('"msg":"stopped"')
  })

  it('exits 1 with EG_PORT_IN_USE and what to do when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const { code, err } = await embedgate(['serve', '--port', String(port)])
    other.close()
    expect(code).toBe(1)
    expect(err).toContain(`EG_PORT_IN_USE\n  port ${port} of 127.0.0.1 is in use`)
    expect(err).toContain('`embedgate serve --port N`')
  })

  it('exits 1 with the place, the key, the reason and the nearest key when the configuration is wrong', async () => {
    const folder = folderWith({
      'embedgate.yaml':
        'server: { prot: 1 }\nbackends: { fake: { kind: synthetic } }\nmodels: { m: { chain: [fkae] } }\n',
    })
    const { code, out, err } = await embedgate(['serve'], folder)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('EG_CONFIG_INVALID')
    expect(err).toContain('embedgate.yaml:1:11 server.prot: unknown key; did you mean "port"?')
    expect(err).toContain('embedgate.yaml:3:24 models.m.chain.0: no backend is called "fkae"; did you mean "fake"?')
    expect(err).not.toContain('    at ')
  })

  it('exits 1 naming the key when a backend has an option that its kind does not know', async () => {
    const folder = folderWith({ 'c.yaml': quick.replace('latencyMs', 'latencyMS') })
    const { code, err } = await embedgate(['serve', '--config', 'c.yaml'], folder)
    expect(code).toBe(1)
    expect(err).toMatch(/EG_CONFIG_INVALID\n {2}c\.yaml:4:49 backends\.fake\.latencyMS: .* did you mean latencyMs\?/)
  })
})
