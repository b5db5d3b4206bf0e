import dns from 'node:dns'
import { Agent, createServer, request, type IncomingMessage } from 'node:http'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { isIP, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { startServer, type RunningServer } from '../../../gateway/cli/server/start.ts'
import { untilServed } from '../../../gateway/cli/server/until-served.ts'
import { loadConfig } from '../../../gateway/config/load.ts'
import { captured } from './captured.ts'

const folder = mkdtempSync(join(tmpdir(), 'embedgate-cli-'))
const fileWith = (text: string): string => {
  const path = join(folder, 'c.yaml')
  writeFileSync(path, `dataDir: ${folder}\ntelemetry: { logLevel: silent }\n${text}`)
  return path
}
const synthetic = (more = '', options = '', graceMs = 300): string =>
  fileWith(`backends: { fake: { kind: synthetic, dims: 8${options} }, cached: { kind: cached } }
models: { toy: { chain: [fake, cached] } }
admin: { port: 0 }
server: { port: 0, shutdownGraceMs: ${graceMs} }\n${more}`)

const body = JSON.stringify({ texts: ['slow'], model: 'toy' })
const headers = { 'content-type': 'application/json' }
const inFlight = 'requests_in_flight{route="/api/v1/embed"} 1'

/** Unlike `fetch`, whose connections close themselves after some seconds, this keeps its connection. */
const post = (url: string, agent: Agent): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject).end(body)
  })

/** `GET /slow` begins its answer at once and ends it when `app.finish()` is called. */
const slowPlugin = `const plugin = async (app) => {
  app.get('/slow', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200)
    reply.raw.write('begin')
    app.finish = () => reply.raw.end('end')
  })
}
plugin[Symbol.for('skip-override')] = true
export default plugin`

const servers: RunningServer[] = []
const start = async (path: string): Promise<RunningServer> => {
  const server = await startServer(loadConfig(path, {}))
  servers.push(server)
  return server
}
afterAll(async () => void (await Promise.all(servers.map((server) => server.stop()))))

describe('embedgate embed', () => {
  it('prints the beginning of each vector, and how similar the texts are', async () => {
    const { code, out, err } = await captured(['embed', 'a', 'b', 'a', '--config', synthetic()])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^toy, 8 dimensions, from fake, \d+ tokens\n1 {2}\[-?\d/)
    expect(out).toMatch(/\n3 +1\.000 +-?\d\.\d{3} +1\.000\n$/)
  })

  it('prints whole vectors as JSON lines, for the lines of standard input too', async () => {
    const { out } = await captured(['embed', '-', '--json', '--config', synthetic()], { stdin: 'one\n\ntwo\n' })
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { index: number; text: string; embedding: number[] })
    expect(lines.map(({ index, text, embedding }) => [index, text, embedding.length])).toEqual([
      [0, 'one', 8],
      [1, 'two', 8],
    ])
  })

  it('needs no key in its own process', async () => {
    const keys = `auth: { keys: [{ name: a, tenant: a, sha256: ${'a'.repeat(64)} }] }`
    expect((await captured(['embed', 'a', '--config', synthetic(keys)])).code).toBe(0)
  })

  it('asks a running gateway, and shows what that one says', async () => {
    const { url } = await start(synthetic())
    const { code, out } = await captured(['embed', 'a', '--url', url, '--model', 'toy'])
    expect(code).toBe(0)
    expect(out).toContain('toy, 8 dimensions, from fake')
    const refused = await captured(['embed', 'a', '--url', url, '--model', 'none'])
    expect([refused.code, refused.err]).toEqual([1, 'EG_MODEL_UNKNOWN\n  model "none" is not served; served: toy\n'])
  })

  it('asks a running gateway for its first model when none is named', async () => {
    const { url } = await start(synthetic())
    const { code, out, err } = await captured(['embed', 'a', '--url', url])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('toy, 8 dimensions, from fake')
  })

  it('says where the key goes that a running gateway wants', async () => {
    const { url } = await start(synthetic(`auth: { keys: [{ name: a, tenant: a, sha256: ${'a'.repeat(64)} }] }`))
    const { code, err } = await captured(['embed', 'a', '--url', url])
    expect([code, err]).toEqual([1, expect.stringMatching(/^EG_AUTH_MISSING\n(.*\n)+ {2}.*EMBEDGATE_KEY/)])
  })

  it('tells what answers that is no gateway', async () => {
    const other = createServer((_request, response) => response.writeHead(404).end('nothing here'))
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve))
    const { code, err } = await captured([
      'embed',
      'a',
      '--url',
      `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
    ])
    other.close()
    expect([code, err]).toEqual([1, expect.stringContaining('the gateway answered status 404: nothing here')])
  })

  it('exits 1 when there is no gateway', async () => {
    const { code, err } = await captured(['embed', 'a', '--url', 'http://127.0.0.1:1'])
    expect(code).toBe(1)
    expect(err).toContain('http://127.0.0.1:1 cannot be reached')
    expect(err).toContain('embedgate serve')
    expect(err).not.toContain('doctor')
  })
})

describe('embedgate check', () => {
  it('exits 0 when everything works', async () => {
    const { code, out, err } = await captured(['check', '--config', synthetic()])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('ok  everything that is configured works here')
  })

  it('exits 1 with all faults of the file', async () => {
    const { code, err } = await captured(['check', '--config', fileWith('server: { prot: 1, host: 2 }')])
    expect(code).toBe(1)
    expect(err).toContain('did you mean "port"?')
    expect(err).toContain('server.host: expected text')
  })

  it('exits 1 with all faults of backends, each with its place', async () => {
    const path = fileWith(`backends:
  cpu: { kind: onnx, model: ./none, device: gpuu }
  a.b: { kind: onx }
  far: { kind: openai, url: "http://127.0.0.1:1", dims: 0 }
models: { m: { chain: [cpu, a.b, far] } }
server: { port: 0 }
admin: { port: 0 }`)
    for (const command of ['check', 'serve']) {
      const { code, out, err } = await captured([command, '--config', path])
      expect([code, out]).toEqual([1, ''])
      expect(err).toContain(`EG_CONFIG_INVALID
  ${path}:4:45 backends.cpu.device: must be one of "gpu", "cpu", "cuda", "webgpu"
  ${path}:5:16 backends.a.b.kind: there is no kind onx; did you mean onnx?
  ${path}:6:8 backends.far.model: is required
  ${path}:6:57 backends.far.dims: must be >= 1
`)
    }
  })

  it('exits 1 for a kind and for a plugin that do not exist', async () => {
    const kind = fileWith('backends: { a: { kind: syntetic } }\nmodels: { m: { chain: [a] } }')
    expect(await captured(['check', '--config', kind])).toMatchObject({
      code: 1,
      err: expect.stringContaining('synthetic'),
    })
    const plugin = synthetic('plugins: [./nowhere.js]')
    expect(await captured(['check', '--config', plugin])).toMatchObject({
      code: 1,
      err: expect.stringContaining('EG_PLUGIN_FAILED'),
    })
  })
})

describe('startServer', () => {
  it('listens, serves, and tells which tier does', async () => {
    const server = await start(synthetic())
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
    const told: string[] = []
    await untilServed(server.app, (model, tier) => told.push(`${model} from ${tier}`))
    expect(told).toEqual(['toy from fake'])
  })

  it('names the port that is in use and how to choose another', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => holder.once('listening', resolve))
    const { port } = holder.address() as AddressInfo
    const { code, err } = await captured(['serve', '--config', synthetic(), '--port', String(port)])
    holder.close()
    expect(code).toBe(1)
    expect(err).toContain(`EG_PORT_IN_USE\n  port ${port} of 127.0.0.1 is in use`)
    expect(err).toContain('--port N')
  })

  it('names an address that is not of this machine', async () => {
    const { code, err } = await captured(['serve', '--config', synthetic(), '--host', '192.0.2.1'])
    expect(code).toBe(1)
    expect(err).toContain('EG_CONFIG_INVALID\n  192.0.2.1 is not an address of this machine')
  })

  it('[R4] opens one listener for a name with several addresses, so that its bound on connections is that of the process', async () => {
    const path = fileWith(`backends: { fake: { kind: synthetic, dims: 8 } }
models: { toy: { chain: [fake] } }
admin: { port: 0 }
server: { port: 0, host: localhost }`)
    // Not every machine has two addresses by this name.
    const addresses = ['127.0.0.1', '::1'].map((address) => ({ address, family: isIP(address) }))
    const { lookup } = dns
    vi.spyOn(dns, 'lookup').mockImplementation((...given: Parameters<typeof lookup>) => {
      const [name, options, callback] = given as unknown as [string, { all?: boolean }, (...ends: unknown[]) => void]
      if (name !== 'localhost' || !options.all) return lookup(...given)
      callback(null, addresses)
    })
    const server = await start(path).finally(() => vi.restoreAllMocks())
    expect(server.url).toMatch(/^http:\/\/localhost:\d+$/)
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
    expect(server.app.addresses()).toHaveLength(1)
    expect(server.app.server.maxConnections).toBe(server.app.pressure.connectionLimit)
  })

  it('lets a request in flight finish, and does not wait for its kept-alive connection', async () => {
    const server = await start(synthetic('', ', latencyMs: 100', 3_600_000))
    await untilServed(server.app, () => {})
    const answer = post(`${server.url}/api/v1/embed`, new Agent({ keepAlive: true }))
    await expect.poll(() => server.app.metricsText()).toContain(inFlight)
    await server.stop()
    expect(await answer).toBe(200)
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow()
  })

  it('does not wait for a kept-alive connection whose answer had begun before', async () => {
    writeFileSync(join(folder, 'slow.mjs'), slowPlugin)
    const server = await start(synthetic('plugins: [./slow.mjs]', '', 3_600_000))
    const answer = await new Promise<IncomingMessage>((resolve) => {
      request(`${server.url}/slow`, { agent: new Agent({ keepAlive: true }) }, resolve).end()
    })
    const stopped = server.stop()
    await expect.poll(() => server.app.server.listening).toBe(false)
    ;(server.app as unknown as { finish(): void }).finish()
    answer.resume()
    await stopped
  })

  it('cuts what does not finish in its grace period', async () => {
    const server = await start(synthetic('', ', faults: [{ fault: hang }]'))
    await untilServed(server.app, () => {})
    const answer = fetch(`${server.url}/api/v1/embed`, { method: 'POST', body, headers }).catch(() => 'cut')
    await expect.poll(() => server.app.metricsText()).toContain(inFlight)
    await server.stop()
    expect(await answer).toBe('cut')
  })
})
