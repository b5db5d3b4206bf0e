import type { Health } from '../../../gateway/core/backend.ts'
import { BackendError, GatewayError } from '../../../gateway/core/errors.ts'
import type { WorkerHealth, WorkerStats } from '../protocol.ts'
import type { Slot, SlotState } from './slot.ts'

/** What the health page shows of one worker. */
export interface WorkerFacts {
  readonly name: string
  readonly pid?: number
  /** `busy`: it holds work and did not answer now, and the watchdog does not call it frozen; `silent`: it holds none. */
  readonly state: SlotState | WorkerHealth['state'] | 'busy' | 'silent'
  readonly device?: string
  readonly provider?: string
  readonly rssBytes?: number
  readonly queuedTokens?: number
  readonly restarts: number
  /** Why it is not there. */
  readonly failure?: string
}

/**
 * Asks every worker for its health, in parallel: `up` when one answers that it is. A worker reads no question while a batch
 * runs, so one that is at work counts too: to tell a long batch from a frozen one is the watchdog's task.
 *
 * @param lastStats the last numbers of a slot's worker
 * @param failure why the last `start` failed, when there are no slots
 */
export const healthOf = async (
  slots: readonly Slot[],
  lastStats: ReadonlyMap<string, WorkerStats>,
  failure: Error | undefined,
  signal: AbortSignal,
): Promise<Health> => {
  const workers = await Promise.all(slots.map((slot) => factsOf(slot, lastStats.get(slot.name), signal)))
  const facts = { workers }
  const up = workers.filter(({ state }) => state === 'up' || state === 'busy')
  const failed = slots.map((slot) => slot.failure()).find((error) => error !== undefined) ?? failure
  if (up.length > 0) {
    const detail = `${up.length} of ${workers.length} workers on ${up[0]?.provider}`
    return { state: 'up', detail, facts }
  }
  const detail = failed === undefined ? {} : { detail: failed.message }
  const code = failed instanceof GatewayError ? { code: failed.code } : {}
  if (failed instanceof BackendError && failed.fault === 'absent') return { state: 'absent', ...detail, facts }
  if (workers.some((worker) => worker.state === 'starting')) return { state: 'starting', ...detail, ...code, facts }
  return { state: 'down', detail: failed?.message ?? 'no worker answers', ...code, facts }
}

const factsOf = async (slot: Slot, stats: WorkerStats | undefined, signal: AbortSignal): Promise<WorkerFacts> => {
  const worker = slot.worker()
  const failure = slot.failure()?.message
  const common = { name: slot.name, restarts: slot.restarts() }
  if (!worker) return { ...common, state: slot.state(), ...(failure === undefined ? {} : { failure }) }
  const known = {
    ...common,
    ...(worker.pid === undefined ? {} : { pid: worker.pid }),
    device: worker.about.device,
    provider: worker.about.provider,
    ...(stats?.pid === worker.pid && stats ? { rssBytes: stats.rssBytes, queuedTokens: stats.queuedTokens } : {}),
  }
  try {
    const { state } = await worker.client.health(signal)
    return { ...known, state }
  } catch {
    return { ...known, state: worker.usable() && worker.outstanding.pieces > 0 ? 'busy' : 'silent' }
  }
}
