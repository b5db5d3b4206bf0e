import { describe, expect, it } from 'vitest'
import { post, startGateway, until, type Answer, type TestGateway } from '../../../support/gateway.ts'
import { expectGolden, goldens } from '../../../support/golden.ts'
import { kill, startOnTcp, workerOnTcp } from './processes.ts'

const short = goldens.filter(({ tokens, truncated }) => tokens <= 24 && !truncated)

const gatewayOver = async (urls: readonly string[]): Promise<TestGateway> =>
  startGateway(`
backends:
  far: { kind: onnx, model: all-MiniLM-L6-v2, urls: ${JSON.stringify(urls)} }
  cpu: { kind: onnx, model: all-MiniLM-L6-v2, workers: 1 }
models:
  m: { chain: [far, cpu] }
`)

const ask = ({ url }: TestGateway, golden: typeof short): Promise<Answer> =>
  post(`${url}/v1/embeddings`, { model: 'm', input: golden.map(({ text }) => text) }, { 'cache-control': 'no-store' })

const backendOf = ({ headers }: Answer): string | null => headers.get('x-embedgate-backend')

const servingReplicas = ({ app }: TestGateway, backend: string): number[] =>
  app.backends
    .replicas()
    .filter((each) => each.backend === backend && each.state === 'serving')
    .map(({ replica }) => replica)

/** Clients that ask one request after the other until told to stop; every answer is looked at. */
const load = (gateway: TestGateway, clients: number) => {
  const over = new AbortController()
  const answers: Answer[] = []
  const client = async (number: number): Promise<void> => {
    for (let request = number; !over.signal.aborted; request += clients) {
      const golden = [0, 7, 13].flatMap((step) => short[(request + step) % short.length] ?? [])
      const answer = await ask(gateway, golden)
      expect(answer.status, JSON.stringify(answer.body).slice(0, 300)).toBe(200)
      golden.forEach(({ vector }, row) => expectGolden(answer.body.data[row].embedding, vector))
      answers.push(answer)
    }
  }
  const all = Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  // It may fail before anybody waits for it.
  all.catch(() => {})
  /** Resolves when `backend` has answered ten more requests. */
  const answeredBy = async (backend: string): Promise<void> => {
    const before = answers.length
    const isAnswered = () => answers.slice(before).filter((answer) => backendOf(answer) === backend).length >= 10
    await Promise.race([until(isAnswered), all])
  }
  const end = async (): Promise<void> => {
    over.abort()
    await all
  }
  return { answeredBy, end }
}

describe('[S4] a chain with a worker elsewhere', { timeout: 120_000 }, () => {
  it('loses no answer when the worker is killed, and uses the next one at the address', async () => {
    const worker = await startOnTcp()
    await using gateway = await gatewayOver([worker.url])
    await until(() => servingReplicas(gateway, 'cpu').length + servingReplicas(gateway, 'far').length === 2)
    const running = load(gateway, 8)
    await running.answeredBy('far')
    await kill(worker)
    await running.answeredBy('cpu')
    await workerOnTcp({ port: worker.port })
    await running.answeredBy('far')
    await running.end()
  })

  it('loses no answer when the worker is stopped, which a frozen machine looks like, and uses it when it goes on', async () => {
    const worker = await workerOnTcp()
    await using gateway = await gatewayOver([worker.url])
    await until(() => servingReplicas(gateway, 'cpu').length + servingReplicas(gateway, 'far').length === 2)
    const running = load(gateway, 8)
    await running.answeredBy('far')
    worker.child.kill('SIGSTOP')
    await running.answeredBy('cpu')
    worker.child.kill('SIGCONT')
    await running.answeredBy('far')
    await running.end()
  })

  it('loses no answer when the worker is told to end, which answers what it has taken', async () => {
    const worker = await workerOnTcp()
    await using gateway = await gatewayOver([worker.url])
    await until(() => servingReplicas(gateway, 'cpu').length + servingReplicas(gateway, 'far').length === 2)
    const running = load(gateway, 8)
    await running.answeredBy('far')
    worker.child.kill('SIGTERM')
    expect(await worker.ended).toBe(0)
    await running.answeredBy('cpu')
    await running.end()
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    expect(metrics).not.toMatch(/backend_requests_total\{[^}]*outcome="failure"\} [1-9]/)
  })

  it('spreads over two workers, goes on with one, and counts both under one name', async () => {
    const [first, second] = [await workerOnTcp(), await workerOnTcp()]
    await using gateway = await gatewayOver([first.url, second.url])
    await until(() => servingReplicas(gateway, 'far').length + servingReplicas(gateway, 'cpu').length === 3)
    const running = load(gateway, 8)
    await running.answeredBy('far')
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    for (const name of ['far-worker-0', 'far-worker-1']) {
      expect(metrics).toMatch(new RegExp(`memory_usage_bytes\\{process="${name}",kind="rss"\\} [1-9]`))
    }
    first.child.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    await running.answeredBy('far')
    await until(() => servingReplicas(gateway, 'far').join() === '1')
    await running.end()
  })
})
