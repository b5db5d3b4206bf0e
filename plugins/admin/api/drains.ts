import type { Clock } from '../../../gateway/core/clock.ts'
import type { Bar, ConfiguredBackend, Gate } from '../../../gateway/core/served-model.ts'

/** Told that an operator has drained a backend, or has taken it into use again. */
export type DrainListener = (backend: string, isDrained: boolean) => void

/** `app.drains`: backends that get no new calls, because an operator has said so. Forgotten when the process ends. */
export interface Drains {
  has(backend: string): boolean
  /** Wall-clock milliseconds: since when it is drained, whatever state it is in; undefined when it is not. */
  sinceMs(backend: string): number | undefined
  /** @returns whether that changes anything */
  set(backend: string, isDrained: boolean): boolean
  /** Calls `listener` after every change. */
  onChange(listener: DrainListener): void
  /** Bars every replica of a drained backend. Calls that run there finish. */
  readonly gate: (configured: Pick<ConfiguredBackend, 'backend'>) => Gate
}

/** Nothing is drained. */
export const drains = (clock: Pick<Clock, 'wallNow'>): Drains => {
  const sinceMs = new Map<string, number>()
  const listeners: DrainListener[] = []
  const bar: Bar = { reason: 'drained', retryAfterMs: Infinity }
  return {
    has: (backend) => sinceMs.has(backend),
    sinceMs: (backend) => sinceMs.get(backend),
    set: (backend, isDrained) => {
      if (sinceMs.has(backend) === isDrained) return false
      if (isDrained) sinceMs.set(backend, clock.wallNow())
      else sinceMs.delete(backend)
      for (const listener of listeners) listener(backend, isDrained)
      return true
    },
    onChange: (listener) => void listeners.push(listener),
    gate: ({ backend: { name } }) => ({ bar: () => (sinceMs.has(name) ? bar : undefined) }),
  }
}
