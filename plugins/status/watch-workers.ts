import type { Reading } from '../metrics/prom-meter.ts'
import type { Events } from './events.ts'

/** Takes a look at how many workers have been started again, by backend and why: to be called again and again. */
export type WorkerWatch = (restarts: readonly Reading[]) => void

/** Notes workers that were started again since the last look. */
export const watchWorkers = (events: Pick<Events, 'note'>): WorkerWatch => {
  const seen = new Map<string, number>()
  return (restarts) => {
    for (const { labels, value } of restarts) {
      const { backend = '', reason = '' } = labels
      const id = `${backend}\n${reason}`
      const more = value - (seen.get(id) ?? 0)
      seen.set(id, value)
      if (more > 0) {
        const from = more === 1 ? 'a worker ended' : `${more} workers ended`
        events.note({ kind: 'worker', subject: backend, from, to: 'started again', reason })
      }
    }
  }
}
