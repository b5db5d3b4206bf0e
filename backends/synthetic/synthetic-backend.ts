import type { Backend, BackendContext } from '../../gateway/core/backend.ts'
import type { EmbedBatch, Embeddings } from '../../gateway/core/embeddings.ts'
import type { Call } from '../../gateway/core/call.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import type { Space } from '../../gateway/core/space.ts'
import { wait } from '../../gateway/core/wait.ts'
import { syntheticRows, syntheticTokens } from './embed.ts'
import { errorsOfFaults, faultAt } from './faults.ts'
import type { FaultName, SyntheticOptions } from './options.ts'
import { seededRandom } from './random.ts'

/** The space of all synthetic vectors of one width and reading length. */
export const syntheticSpace = (dims: number, maxTokens: number): Space => ({
  model: 'synthetic',
  revision: '1',
  dims,
  pooling: 'mean',
  normalized: true,
  maxTokens,
  prompts: {},
})

const slowFactor = 10
const slowLeastMs = 100

/** A backend that computes nothing real, in the time and with the faults it is told: for load runs, chaos and first tries. */
export const syntheticBackend = (context: BackendContext<SyntheticOptions>): Backend => {
  const { name, replica, options, clock } = context
  const { dims, maxTokens, latencyMs, msPerToken, jitterMs, failRatio, faults } = options
  const random = seededRandom(options.seed + replica)
  const running = new Set<Promise<Embeddings>>()
  let state: 'new' | 'started' | 'closed' = 'new'
  let startedMs = 0
  let calls = 0

  const currentFault = (): FaultName | undefined => faultAt(faults, clock.now() - startedMs, calls)

  const durationMs = (texts: readonly string[], fault?: FaultName): number => {
    if (fault === 'hang') return Infinity
    const tokens = texts.reduce((sum, text) => sum + Math.min(maxTokens, syntheticTokens(text)), 0)
    const usualMs = latencyMs + msPerToken * tokens + jitterMs * random()
    return fault === 'slow' ? Math.max(slowLeastMs, usualMs * slowFactor) : usualMs
  }

  const answer = async (batch: EmbedBatch, call: Call): Promise<Embeddings> => {
    call.signal.throwIfAborted()
    if (state !== 'started') throw new BackendError('unavailable', 'it is not started')
    const fault = currentFault() ?? (random() < failRatio ? 'error' : undefined)
    calls++
    const answered = syntheticRows(batch, dims, maxTokens, fault)
    const delayMs = durationMs(batch.texts, fault)
    if (delayMs > 0) await wait(clock, delayMs, call)
    const error = fault && errorsOfFaults[fault]?.()
    if (error) throw error
    return answered
  }

  return {
    name,
    replica,
    kind: 'synthetic',
    limits: { texts: 2_048 },
    computing: true,
    queueing: false,
    optional: false,
    space: syntheticSpace(dims, maxTokens),
    embed: (batch, call) => {
      const result = answer(batch, call)
      running.add(result)
      const settled = (): void => void running.delete(result)
      result.then(settled, settled)
      return result
    },
    health: async () => {
      if (state !== 'started') return { state: state === 'new' ? 'starting' : 'down', detail: `it is ${state}` }
      if (currentFault() === 'down') return { state: 'down', detail: 'a scripted outage' }
      return { state: 'up', detail: 'synthetic vectors', facts: { calls, running: running.size } }
    },
    start: async () => {
      if (state === 'closed') throw new BackendError('unavailable', 'it is closed')
      if (state === 'new') startedMs = clock.now()
      state = 'started'
    },
    close: async () => {
      state = 'closed'
      await Promise.allSettled(running)
    },
  }
}
