import type { BreakerSettings, Overrides } from '../../gateway/core/policy.ts'

/** The settings of one backend's breakers: the keys that its entry has replace those of the section `breaker`. */
export const settingsFor = (section: BreakerSettings, own: Overrides<BreakerSettings> = {}): BreakerSettings => ({
  burst: { ...section.burst, ...own.burst },
  rate: { ...section.rate, ...own.rate },
})
