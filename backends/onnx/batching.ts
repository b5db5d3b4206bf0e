import type { BatchingSettings } from '../../gateway/core/policy.ts'

/** How all workers on this machine put texts together. */
export interface Batching {
  current(): BatchingSettings
  /** Told of every change from now on. */
  onChange(listener: (settings: BatchingSettings) => void): void
  /** Replaces the settings, for the batches to come. */
  configure(settings: BatchingSettings): void
}

/** Settings that can be changed while workers run. */
export const batching = (initial: BatchingSettings): Batching => {
  const listeners: ((settings: BatchingSettings) => void)[] = []
  let current = initial
  return {
    current: () => current,
    onChange: (listener) => void listeners.push(listener),
    configure: (settings) => {
      current = settings
      for (const listener of listeners) listener(settings)
    },
  }
}
