import { afterAll, describe, it } from 'vitest'
import { syntheticVector } from '../../backends/synthetic/vector.ts'
import { teiKind } from '../../backends/tei/index.ts'
import { backendOf } from '../../gateway/core/backend.ts'
import { backendContract, contextOf } from '../../gateway/testing/index.ts'
import { dims, startUpstream } from '../faults/scripted-upstream.ts'
import { teiOptions } from '../support/remote-options.ts'

const upstream = await startUpstream()
afterAll(() => upstream[Symbol.asyncDispose]())

const context = contextOf(teiOptions(upstream.url))
backendContract({ describe, it, after: afterAll }, 'tei', {
  create: () => backendOf('tei', context, teiKind.create(context)),
  vectorsOf: (texts) => Float32Array.from(texts.flatMap((text) => [...syntheticVector(text, dims)])),
})
