import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { writeReferences } from '../../../gateway/chain/references-file.ts'
import { dims, truth } from '../../integration/gateway/scripted-engine.ts'
import { post, startGateway, until } from '../../support/gateway.ts'
import type { AppOptions } from '../../../gateway/app.ts'

/** A gateway with its admin listener. */
export interface Desk extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly adminUrl: string
  /** Asks for the vector of a new text; the status of the answer. */
  ask(text?: string): Promise<number>
  close(): Promise<void>
}

/** The token of every desk. */
export const token = 'the-token-of-this-test-and-of-no-other'

/** Starts both listeners on free ports, with a model `minilm` served by two engines that can be told to fail. */
export const startDesk = async (options: AppOptions = {}): Promise<Desk> => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-desk-'))
  const references = join(folder, 'references.json')
  const texts = ['golden 0', 'golden 1', 'golden 2']
  await writeReferences(references, { texts, dims, vectors: Float32Array.from(texts.flatMap(truth)) })
  const yaml = `
admin: { token: ${token} }
plugins: [./scripted-engine.ts]
backends:
  gpu: { kind: scripted }
  cpu: { kind: scripted }
  cached: { kind: cached }
models:
  minilm: { chain: [gpu, cpu, cached], references: ${JSON.stringify(references)} }
`
  const desk = await startDeskFrom(yaml, {
    baseDir: resolve(import.meta.dirname, '../../integration/gateway'),
    ...options,
  })
  await until(() => desk.app.backends.replicas().every(({ state }) => state === 'serving'))
  const close = async (): Promise<void> => {
    await desk.close()
    rmSync(folder, { recursive: true })
  }
  return { ...desk, close, [Symbol.asyncDispose]: close }
}

/** The same of a configuration; its first model is asked. */
export const startDeskFrom = async (yaml: string, options: AppOptions = {}): Promise<Desk> => {
  const gateway = await startGateway(yaml, options)
  const adminUrl = await gateway.app.admin.listen({ host: '127.0.0.1', port: 0 })
  const model = gateway.app.models.list()[0]?.model.name
  let asked = 0
  const close = (): Promise<void> => gateway.close()
  return {
    app: gateway.app,
    adminUrl,
    ask: async (input = `text ${++asked}`) => (await post(`${gateway.url}/v1/embeddings`, { model, input })).status,
    close,
    [Symbol.asyncDispose]: close,
  }
}
