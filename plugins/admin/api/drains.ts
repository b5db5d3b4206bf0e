import type { Bar, ConfiguredBackend, Gate } from '../../../gateway/core/served-model.ts'

/** Backends that get no new calls, because an operator has said so. Forgotten when the process ends. */
export interface Drains {
  has(backend: string): boolean
  /** @returns whether that changes anything */
  set(backend: string, isDrained: boolean): boolean
  /** Bars every replica of a drained backend. Calls that run there finish. */
  readonly gate: (configured: Pick<ConfiguredBackend, 'backend'>) => Gate
}

/** Nothing is drained. */
export const drains = (): Drains => {
  const drained = new Set<string>()
  const bar: Bar = { reason: 'drained', retryAfterMs: Infinity }
  return {
    has: (backend) => drained.has(backend),
    set: (backend, isDrained) => {
      if (drained.has(backend) === isDrained) return false
      if (isDrained) drained.add(backend)
      else drained.delete(backend)
      return true
    },
    gate: ({ backend: { name } }) => ({ bar: () => (drained.has(name) ? bar : undefined) }),
  }
}
