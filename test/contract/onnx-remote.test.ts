import { afterAll, describe, it } from 'vitest'
import { onnxKind } from '../../backends/onnx/index.ts'
import { backendContract, contextOf } from '../../gateway/testing/index.ts'
import { kill, startOnTcp, type WorkerOnTcp } from '../integration/onnx/remote/processes.ts'

const timeoutMs = 60_000
const kind = onnxKind({ inferenceMs: 5_000, modelLoadMs: timeoutMs })
let worker: Promise<WorkerOnTcp> | undefined

const runner = { describe, it: (name: string, run: () => Promise<void>) => it(name, run, timeoutMs), after: afterAll }

backendContract(runner, 'onnx on another machine', {
  create: async () => {
    const { url } = await (worker ??= startOnTcp())
    return kind.create(contextOf({ model: 'all-MiniLM-L6-v2', url }))
  },
})

afterAll(async () => {
  if (worker) await kill(await worker)
})
