import type { HealthComponent } from '../../health/component.ts'
import { calmMs, fullRatios, type MemoryGuard } from './memory-guard.ts'

/** Whether work is refused for want of memory. Shown; the gateway is unready only when `memory` is not ok, at nine tenths. */
export const memoryGuardComponent = (guard: Pick<MemoryGuard, 'isFull'>): HealthComponent => ({
  name: 'memoryGuard',
  ready: false,
  check: () => {
    const refusing = guard.isFull()
    const { begins, ends } = fullRatios
    const detail = `what must be computed is refused until less than ${ends * 100} % of the memory limit is in use, or less than ${begins * 100} % for ${calmMs / 1_000} s`
    return { ok: !refusing, ...(refusing && { detail }), facts: { refusing } }
  },
})
