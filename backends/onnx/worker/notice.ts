import type { WorkerNotice } from '../protocol.ts'
import { isSupervised } from '../supervised.ts'

/** Tells the supervisor something, when there is one. */
export type Notify = (notice: WorkerNotice) => void

/** Speaks over the process channel. A supervisor that is gone is noticed by `disconnect`, not here. */
export const notifySupervisor: Notify = (notice) => {
  if (isSupervised() && process.connected) process.send?.(notice, undefined, undefined, () => {})
}
