import { afterAll, describe, it } from 'vitest'
import { onnxKind } from '../../backends/onnx/index.ts'
import { backendContract, contextOf } from '../../gateway/testing/index.ts'

/** Real workers load a real model, several times over. */
const timeoutMs = 60_000

const runner = { describe, it: (name: string, run: () => Promise<void>) => it(name, run, timeoutMs), after: afterAll }

// That its vectors are the reference's is shown by test/integration/gateway/goldens.test.ts.
backendContract(runner, 'onnx on the processor', {
  create: () =>
    onnxKind({ inferenceMs: 5_000, modelLoadMs: timeoutMs }).create(
      contextOf({ device: 'cpu', model: 'all-MiniLM-L6-v2', workers: 2 }),
    ),
})
