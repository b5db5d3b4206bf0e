import type { BatchingSettings } from '../../../gateway/core/policy.ts'
import type { DeviceProfile } from './profiles.ts'

/** The profile of a device, which the batches to come go by. */
export interface AdjustableProfile extends DeviceProfile {
  /** Puts settings in place of what suits the device, or (`auto`) takes them back. */
  adjust(settings: BatchingSettings): void
}

/** What suits the device, until it is adjusted. */
export const adjustableProfile = (own: DeviceProfile): AdjustableProfile => {
  let current = own
  return {
    get budgetTokens() {
      return current.budgetTokens
    },
    get overheadTokens() {
      return current.overheadTokens
    },
    adjust: ({ budgetTokens, overheadTokens }) => {
      current = {
        budgetTokens: budgetTokens === 'auto' ? own.budgetTokens : budgetTokens,
        overheadTokens: overheadTokens === 'auto' ? own.overheadTokens : overheadTokens,
      }
    },
  }
}
