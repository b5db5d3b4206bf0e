import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cpuOnly, post, startGateway, until, type TestGateway } from '../../support/gateway.ts'
import { expectGolden, goldens } from '../../support/golden.ts'

const model = 'all-MiniLM-L6-v2'
/** All goldens at once take long on a busy machine. */
const patient = 'server: { requestTimeoutMs: 60000 }\n'
let upstream: TestGateway
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startGateway(`${patient}${cpuOnly}`)
  gateway = await startGateway(`${patient}
timeouts: { inferenceMs: 60000 }
backends:
  openai: { kind: openai, url: "${upstream.url}/v1", model: all-MiniLM-L6-v2, dims: 384, maxTokens: 256 }
  tei: { kind: tei, url: "${upstream.url}", model: ${model}, dims: 384, maxTokens: 256, proxy: [GET /info] }
  cpu: { kind: onnx, device: cpu, model: all-MiniLM-L6-v2, workers: 1 }
models:
  by-openai: { chain: [openai, cpu] }
  by-tei: { chain: [tei, cpu] }
`)
  await until(() => gateway.app.backends.replicas().every(({ state }) => state === 'serving'))
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const fresh = { 'cache-control': 'no-store' }
const ask = (name: string, some = goldens) =>
  post(`${gateway.url}/v1/embeddings`, { model: name, input: some.map(({ text }) => text) }, fresh)

describe.each([
  ['by-openai', 'openai'],
  ['by-tei', 'tei'],
])('[S3] a gateway before a gateway, %s', (name, backend) => {
  it('joins the chain of a local tier of the same model, and gives the vectors of the reference', async () => {
    const { status, headers, body } = await ask(name)
    expect(status, JSON.stringify(body).slice(0, 300)).toBe(200)
    expect([headers.get('x-embedgate-backend'), headers.get('x-embedgate-degraded')]).toEqual([backend, 'false'])
    goldens.forEach(({ vector }, row) => expectGolden(body.data[row].embedding, vector))
    expect(body.usage.prompt_tokens).toBe(goldens.reduce((sum, { tokens }) => sum + tokens, 0))
  })

  it('has passed the probe of all goldens, the long ones too', async () => {
    const parity = (): number | undefined =>
      gateway.app.backends.replicas().find((each) => each.backend === backend)?.parity
    await until(() => (parity() ?? 0) > 0.999)
    expect(gateway.app.backends.replicas().map(({ state }) => state)).toEqual(['serving', 'serving', 'serving'])
  })
})

describe('[S3] a gateway before a gateway', () => {
  it('says which texts TEI cut', async () => {
    const cut = goldens.filter(({ truncated }) => truncated)
    expect(cut.length).toBeGreaterThan(0)
    const { headers } = await ask('by-tei', cut)
    expect(headers.get('x-embedgate-truncated')).toBe('true')
  })

  it('passes on a listed route', async () => {
    const info = await (await fetch(`${gateway.url}/proxy/tei/info`)).json()
    expect(info).toMatchObject({ model_id: model, max_input_length: 256 })
  })

  it('steps down to its own tier when the other gateway is gone, and says so', async () => {
    await upstream.close()
    const few = goldens.slice(0, 4)
    for (const name of ['by-openai', 'by-tei']) {
      const { status, headers, body } = await ask(name, few)
      expect([status, headers.get('x-embedgate-backend'), headers.get('x-embedgate-degraded')]).toEqual([
        200,
        'cpu',
        'true',
      ])
      few.forEach(({ vector }, row) => expectGolden(body.data[row].embedding, vector))
    }
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200)
  })
})
