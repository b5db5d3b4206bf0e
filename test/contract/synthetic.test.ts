import { afterAll, describe, it } from 'vitest'
import { syntheticBackend } from '../../backends/synthetic/synthetic-backend.ts'
import { syntheticVector } from '../../backends/synthetic/vector.ts'
import type { SyntheticOptions } from '../../backends/synthetic/options.ts'
import { backendContract, contextOf } from '../../gateway/testing/index.ts'

const options: SyntheticOptions = {
  dims: 384,
  maxTokens: 256,
  latencyMs: 0,
  msPerToken: 0,
  jitterMs: 0,
  failRatio: 0,
  seed: 1,
  faults: [],
}

const runner = { describe, it, after: afterAll }

backendContract(runner, 'synthetic', {
  create: () => syntheticBackend(contextOf(options)),
  vectorsOf: (texts) => Float32Array.from(texts.flatMap((text) => [...syntheticVector(text, 384)])),
})

backendContract(runner, 'synthetic, slow and uneven', {
  create: () => syntheticBackend(contextOf({ ...options, dims: 8, latencyMs: 5, jitterMs: 20 })),
})
