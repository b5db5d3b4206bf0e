import { parseArgs } from 'node:util'
import { profiles, type DeviceProfile } from '../../backends/onnx/worker/profiles.ts'
import { runWorker } from '../../backends/onnx/worker/run.ts'

/** No second text ever fits. */
const oneText: DeviceProfile = { budgetTokens: 1, overheadTokens: 0 }

/** The product's worker with batching off. Takes the same command line. */
const { values } = parseArgs({
  options: { model: { type: 'string' }, device: { type: 'string' }, listen: { type: 'string' } },
})
Object.assign(profiles, { cpu: oneText })
await runWorker({ model: values.model ?? '', device: values.device ?? 'cpu', listen: values.listen ?? '' })
