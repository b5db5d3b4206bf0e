import type { FastifyInstance } from 'fastify'
import { post, startGateway, type TestGateway } from '../../support/gateway.ts'
import type { AppOptions } from '../../../gateway/app.ts'

/** A gateway with its admin listener. */
export interface Desk extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly url: string
  readonly adminUrl: string
  /** Asks for new vectors; the status of the answer. */
  ask(text?: string): Promise<number>
  close(): Promise<void>
}

/** Three tiers that need no model, of which the first can be told to fail. */
export const syntheticTiers = `
backends:
  gpu: { kind: synthetic, dims: 8, maxConcurrency: 4 }
  cpu: { kind: synthetic, dims: 8 }
  cached: { kind: cached }
models:
  minilm: { chain: [gpu, cpu, cached] }
`

/** Starts both listeners on free ports. */
export const startDesk = async (yaml = syntheticTiers, options: AppOptions = {}): Promise<Desk> => {
  const gateway: TestGateway = await startGateway(yaml, options)
  const adminUrl = await gateway.app.admin.listen({ host: '127.0.0.1', port: 0 })
  let asked = 0
  return {
    app: gateway.app,
    url: gateway.url,
    adminUrl,
    ask: async (text = `text ${++asked}`) => (await post(`${gateway.url}/v1/embeddings`, { input: text })).status,
    close: gateway.close,
    [Symbol.asyncDispose]: gateway.close,
  }
}
