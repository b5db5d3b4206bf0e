import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { syntheticVector } from '../../backends/synthetic/vector.ts'
import { writeReferences } from '../../gateway/chain/references-file.ts'
import { startGateway, until, type TestGateway } from '../support/gateway.ts'
import { dims } from './scripted-upstream.ts'

const texts = ['one', 'two', 'three']

/** The vector that every tier gives a text. */
export const truth = (text: string): number[] => [...syntheticVector(text, dims)]

/** A gateway of a remote tier before a synthetic one that gives the same vectors, with all that serves serving. */
export const startRemote = async (entry: string): Promise<TestGateway> => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-remote-'))
  const references = join(folder, 'references.json')
  await writeReferences(references, { texts, dims, vectors: Float32Array.from(texts.flatMap(truth)) })
  const gateway = await startGateway(`
backends:
  remote: { ${entry} }
  local: { kind: synthetic, dims: ${dims}, maxTokens: 256 }
  cached: { kind: cached }
models:
  m: { chain: [remote, local, cached], references: ${JSON.stringify(references)} }
`)
  await until(() => gateway.app.backends.replicas().every(({ state }) => state === 'serving'))
  const close = async (): Promise<void> => {
    await gateway.close()
    rmSync(folder, { recursive: true })
  }
  return { ...gateway, close, [Symbol.asyncDispose]: close }
}
