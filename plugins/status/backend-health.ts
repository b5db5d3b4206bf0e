import type { Health } from '../../gateway/core/backend.ts'
import type { Clock } from '../../gateway/core/clock.ts'

/** As long as health checks take at most, and how long their answers hold: see plugins/health. */
const limitMs = 1_000
const holdsForMs = 5_000

/**
 * What backends last said of themselves, without waiting for them: reading it asks them again when the answer is old. So they
 * are asked only while somebody looks.
 */
export const backendHealth = (
  clock: Clock,
  ask: (signal: AbortSignal) => Promise<ReadonlyMap<string, Health>>,
): (() => ReadonlyMap<string, Health>) => {
  let latest: ReadonlyMap<string, Health> = new Map()
  let isAsking = false
  let askedAtMs = -Infinity

  const refresh = async (): Promise<void> => {
    isAsking = true
    askedAtMs = clock.now()
    const limit = new AbortController()
    const cancel = clock.after(limitMs, () => limit.abort())
    try {
      latest = await ask(limit.signal)
    } catch {
      // The last answer is better than none.
    } finally {
      cancel()
      isAsking = false
    }
  }
  return () => {
    if (!isAsking && clock.now() - askedAtMs >= holdsForMs) void refresh()
    return latest
  }
}
