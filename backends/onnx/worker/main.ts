import { parseArgs } from 'node:util'
import { runWorker } from './run.ts'
import { isSupervised } from '../supervised.ts'

const usage = 'usage: --model <folder> --device cpu|gpu|cuda|webgpu --listen unix:/path|host:port [--give-up-when-slow]'

/** Exit codes as the command line's: 1 refused, 2 usage. */
const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      model: { type: 'string' },
      device: { type: 'string', default: 'cpu' },
      listen: { type: 'string' },
      'give-up-when-slow': { type: 'boolean', default: false },
    },
  })
  const { model, device, listen } = values
  if (model === undefined || listen === undefined) throw new TypeError(usage)
  try {
    await runWorker({ model, device, listen, giveUpWhenSlow: values['give-up-when-slow'] })
    return 0
  } catch (error) {
    // A supervisor has been told.
    if (!isSupervised()) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return 2
})
