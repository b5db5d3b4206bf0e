import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { post, startGateway, until, untilReady, type TestGateway } from '../../support/gateway.ts'
import { expectGolden, goldens } from '../../support/golden.ts'
import { flipWord, linkedModel, replaceFile, trustGraph } from './model-copy.ts'

const folder = linkedModel()
afterAll(() => rmSync(folder, { recursive: true }))

const stateOf = (gateway: TestGateway, backend: string) =>
  gateway.app.backends.replicas().find((replica) => replica.backend === backend)

const short = goldens.filter(({ tokens }) => tokens <= 64)

/** All short goldens from the API, each equal to its reference. */
const expectGoldens = async (url: string): Promise<Headers> => {
  const body = { model: 'm', input: short.map(({ text }) => text) }
  const answer = await post(`${url}/v1/embeddings`, body, { 'cache-control': 'no-store' })
  expect(answer.status).toBe(200)
  short.forEach(({ vector }, row) => expectGolden(answer.body.data[row].embedding, vector))
  return answer.headers
}

describe('a tier whose weights are damaged', { timeout: 60_000 }, () => {
  let gateway: TestGateway
  beforeAll(async () => {
    replaceFile(folder, 'model.onnx', (graph) => flipWord(graph, 'cat'))
    trustGraph(folder)
    gateway = await startGateway(`
backends:
  damaged: { kind: onnx, device: cpu, workers: 1, model: ${JSON.stringify(folder)} }
  healthy: { kind: onnx, device: cpu, workers: 1, model: all-MiniLM-L6-v2 }
models:
  m: { chain: [damaged, healthy] }
`)
  })
  afterAll(() => gateway.close())

  it('never serves: one wrong word in the first reference texts is drift', async () => {
    await until(() => stateOf(gateway, 'damaged')?.state === 'drifted')
    expect(stateOf(gateway, 'damaged')).toMatchObject({ detail: expect.stringMatching(/^its parity 0\.\d+ is below/) })
    expect(stateOf(gateway, 'damaged')?.parity).toBeLessThan(0.999)
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toMatch(
      /^embedgate_backend_requests_total\{backend="damaged",outcome="success"\} 0$/m,
    )
  })

  it('[S4] leaves all answers to the tier below it, which are right and say so', async () => {
    const headers = await expectGoldens(gateway.url)
    expect(headers.get('x-embedgate-backend')).toBe('healthy')
    expect(headers.get('x-embedgate-degraded')).toBe('true')
    expect(headers.get('x-embedgate-attempts')).toBe('1')
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200)
  })
})

describe('a model whose checksum is wrong', { timeout: 60_000 }, () => {
  const broken = linkedModel()
  replaceFile(broken, 'model.onnx', (graph) => flipWord(graph, 'cat'))
  afterAll(() => rmSync(broken, { recursive: true }))
  const yaml = `
backends:
  cpu: { kind: onnx, device: cpu, workers: 1, model: ${JSON.stringify(broken)} }
models:
  m: { chain: [cpu] }
`

  it('keeps the gateway unready, and health names the file and what to do', async () => {
    await using gateway = await startGateway(yaml, { untilReady: false })
    await until(() => stateOf(gateway, 'cpu')?.state === 'down')
    const ready = await fetch(`${gateway.url}/health/ready`)
    expect(ready.status).toBe(503)
    const report = JSON.stringify(await ready.json())
    expect(report).toContain(`${broken}/model.onnx: has SHA-256`)
    expect(report).toContain('remove the model folder and install or pull the model again')
    const answer = await post(`${gateway.url}/v1/embeddings`, { model: 'm', input: 'x' })
    expect([answer.status, answer.body.error.code]).toEqual([503, 'EG_CHAIN_EXHAUSTED'])
  })

  it('refuses to start when a file is not even of the right size', async () => {
    replaceFile(broken, 'model.onnx', (graph) => graph.subarray(0, -1))
    const message = expect.stringContaining(
      `${broken}/model.onnx: has 45018662 bytes, the manifest says 45018663; remove`,
    )
    await expect(startGateway(yaml)).rejects.toMatchObject({ code: 'EG_MODEL_CORRUPT', message })
  })

  it('serves again once the files are whole, without a restart', async () => {
    replaceFile(broken, 'model.onnx', (graph) => flipWord(graph, 'cat'))
    await using gateway = await startGateway(yaml, { untilReady: false })
    await until(() => stateOf(gateway, 'cpu')?.state === 'down')
    replaceFile(broken, 'model.onnx', (graph) => graph)
    await untilReady(gateway.url)
    await expectGoldens(gateway.url)
  })
})
