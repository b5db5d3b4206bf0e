import type { BatchingSettings } from '../../../gateway/core/policy.ts'
import type { SupervisorNotice } from '../protocol.ts'
import { isSupervised, type SelfProcess } from '../supervised.ts'

/** Hears how a supervisor, when there is one, wants batches to be from now on. */
export const hearBatching = (
  listener: (settings: BatchingSettings) => void,
  self: SelfProcess & Pick<NodeJS.Process, 'on'> = process,
): void => {
  if (!isSupervised(self)) return
  self.on('message', (message) => {
    const { batching } = message as SupervisorNotice
    if (batching) listener(batching)
  })
}
