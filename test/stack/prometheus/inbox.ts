import { setTimeout as sleep } from 'node:timers/promises'
import type { Notice } from '../../../monitoring/stack/receiver.ts'

/** What has come to the webhook, and a way to wait for more. */
export interface Inbox {
  readonly take: (notice: Notice) => void
  /** Waits until an alert with these labels has come, not counting what came before this call. */
  until(status: Notice['status'], labels: Readonly<Record<string, string>>): Promise<Notice>
  /** All that came. */
  readonly notices: readonly Notice[]
}

const patienceMs = 140_000

/** An empty inbox. */
export const openInbox = (): Inbox => {
  const notices: Notice[] = []
  return {
    notices,
    take: (notice) => void notices.push(notice),
    until: async (status, labels) => {
      const begin = notices.length
      const limitMs = performance.now() + patienceMs
      const isIt = (notice: Notice): boolean =>
        notice.status === status && Object.entries(labels).every(([name, value]) => notice.labels[name] === value)
      while (performance.now() < limitMs) {
        const found = notices.slice(begin).find(isIt)
        if (found) return found
        await sleep(100)
      }
      throw new Error(`no alert ${JSON.stringify(labels)} was ${status} in ${patienceMs / 1_000} s`)
    },
  }
}
