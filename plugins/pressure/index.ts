import fp from 'fastify-plugin'
import { connectionLimit, descriptorLimit } from './descriptors.ts'
import { loopDelay, type LoopDelay } from './loop-delay.ts'
import { memoryInUseBytes, memoryLimitOf, type MemoryLimit, type MemorySetting } from './memory.ts'

/** Options of the plugin `pressure`. */
export interface PressureOptions {
  readonly memoryBytes: MemorySetting
}

/** What is scarce in this process: one measurement, for whoever shows it and whoever acts on it. */
export interface Pressure {
  readonly memory: {
    readonly limit: MemoryLimit
    /** Now; reads a file of the system. */
    readonly usedBytes: () => number
  }
  readonly loopDelay: Pick<LoopDelay, 'percentile'>
  /** How many connections the listener may have, by the descriptors of this process. */
  readonly connectionLimit: number
}

declare module 'fastify' {
  interface FastifyInstance {
    pressure: Pressure
  }
}

/** Measures memory and the delay of the event loop. Refuses nothing: `limits` does. */
export default fp<PressureOptions>(
  async (app, { memoryBytes }) => {
    const limit = memoryLimitOf(memoryBytes)
    const delay = loopDelay(app.clock)
    app.addHook('onClose', async () => delay.stop())
    app.decorate('pressure', {
      memory: { limit, usedBytes: () => memoryInUseBytes(limit) },
      loopDelay: delay,
      connectionLimit: connectionLimit(descriptorLimit()),
    })
  },
  { name: 'pressure' },
)
