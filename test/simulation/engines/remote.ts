import type { BackendParts } from '../../../gateway/core/backend.ts'
import type { Call } from '../../../gateway/core/call.ts'
import type { EmbedBatch, Embeddings } from '../../../gateway/core/embeddings.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { FaultName } from '../faults.ts'
import type { Ledger } from '../ledger.ts'
import type { Random } from '../random.ts'
import { tokensOf } from '../texts.ts'
import { faultNow, lifeOf, type Surroundings } from './health.ts'
import { answerOf, spaceOf, spoilt, vectorsOf } from './rows.ts'

/** What a simulated engine on another machine needs. */
export interface RemoteOptions extends Surroundings {
  readonly ledger: Ledger
  readonly random: Random
}

/** What each fault throws, and after which share of the usual time. */
const errors: { readonly [Fault in FaultName]?: readonly [share: number, error: (random: Random) => Error] } = {
  error: [0.5, () => new BackendError('status', 'status 500')],
  refused: [0, () => new BackendError('connection', 'refused')],
  reset: [0.7, () => new BackendError('connection', 'reset')],
  crash: [0, () => new BackendError('connection', 'refused')],
  down: [0, () => new BackendError('unavailable', 'down')],
  absent: [0, () => new BackendError('unavailable', 'absent')],
  throws: [0.2, () => new TypeError('a fault of its own')],
  busy: [
    0,
    (random) => new BackendError('busy', 'full', random.chance(0.5) ? { retryAfterMs: random.integer(50, 3_000) } : {}),
  ],
}

const slowFactor = 20
const lateGoldensMs = 2_000
const lateFactor = 400

/** An engine on another machine: it computes calls side by side, each in its own time, with the faults of its plan. */
export const remoteEngine = (options: RemoteOptions): BackendParts => {
  const { plan, replica, clock, ledger, random } = options
  const calls = new Set<(error: Error) => void>()
  const faults = plan.replicas[replica]?.faults ?? []
  for (const { fault, fromMs } of faults) {
    if (fault !== 'crash') continue
    clock.after(fromMs, () => {
      for (const fail of calls) fail(new BackendError('connection', 'reset'))
    })
  }

  const durationMs = (texts: readonly string[], fault: FaultName | undefined): number => {
    const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0)
    const usualMs = (plan.latencyMs + plan.msPerToken * tokens) * random.between(0.7, 1.3)
    if (fault === 'hang' || fault === 'blackhole') return Infinity
    // The goldens that tell it come late, so that there is something to take back.
    if (fault === 'late_drift' && texts[0] === 'golden 8') return lateGoldensMs
    return (
      usualMs * (fault === 'slow' ? slowFactor : fault === 'late' ? lateFactor : (errors[fault ?? 'slow']?.[0] ?? 1))
    )
  }

  const answer = (batch: EmbedBatch, call: Call, fault: FaultName | undefined): Embeddings => {
    const maker = { backend: plan.name, replica, space: plan.space, atMs: clock.now() }
    const wanted = batch.texts.map((text) => ({ text, tenant: call.tenant }))
    return spoilt(answerOf(batch, plan.maxTokens, vectorsOf(ledger, maker, plan.maxTokens, wanted, fault)), fault)
  }

  return {
    limits: plan.limits,
    optional: plan.optional,
    space: spaceOf(plan),
    ...lifeOf(options),
    embed: (batch, call) => {
      const fault = faultNow(options)
      // Nobody hears of a blackhole; the answers of a late one come whatever became of the question.
      const isDeaf = fault === 'blackhole' || fault === 'late'
      const ms = durationMs(batch.texts, fault)
      // When it began, for it is then that it is right or wrong.
      const answered = fault !== undefined && errors[fault] ? undefined : answer(batch, call, fault)
      return new Promise((resolve, reject) => {
        const end = (): void => {
          cancel()
          ignoreEnd()
          calls.delete(fail)
        }
        const fail = (error: Error): void => {
          end()
          reject(error)
        }
        const finish = (): void => {
          end()
          if (answered) {
            ledger.finish(answered.vectors, clock.now())
            resolve(answered)
          } else reject(errors[fault ?? 'error']?.[1](random) ?? new Error(fault))
        }
        const cancel = ms === Infinity ? () => {} : clock.after(ms, finish)
        const ignoreEnd = isDeaf ? () => {} : call.onEnd(fail)
        if (!isDeaf) calls.add(fail)
      })
    },
  }
}
