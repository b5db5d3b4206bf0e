import { afterAll, describe, it } from 'vitest'
import { openAiKind } from '../../backends/openai/index.ts'
import { syntheticVector } from '../../backends/synthetic/vector.ts'
import { backendOf } from '../../gateway/core/backend.ts'
import { backendContract, contextOf } from '../../gateway/testing/index.ts'
import { openAiOptions } from '../support/remote-options.ts'
import { dims, startUpstream } from '../faults/scripted-upstream.ts'

const upstream = await startUpstream()
afterAll(() => upstream[Symbol.asyncDispose]())

const runner = { describe, it, after: afterAll }
const vectorsOf = (texts: readonly string[]): Float32Array =>
  Float32Array.from(texts.flatMap((text) => [...syntheticVector(text, dims)]))

for (const encoding of ['base64', 'float'] as const) {
  const context = contextOf({ ...openAiOptions(upstream.url), encoding })
  backendContract(runner, `openai, ${encoding}`, {
    create: () => backendOf('openai', context, openAiKind.create(context)),
    vectorsOf,
  })
}
