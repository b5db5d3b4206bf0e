import { describe, expect, it } from 'vitest'
import { adjustableProfile } from '../../../../../backends/onnx/worker/adjustable-profile.ts'
import { atSpeed } from '../../../../../backends/onnx/worker/profiles.ts'

const own = { budgetTokens: 256, overheadTokens: 6 }
const shown = (profile: typeof own) => atSpeed(profile, 0.001)

describe('an adjustable profile', () => {
  it('is what suits the device until it is adjusted', () => {
    expect(shown(adjustableProfile(own))).toMatchObject(own)
  })

  it('[R6] takes settings, and gives back what suits the device for auto', () => {
    const profile = adjustableProfile(own)
    profile.adjust({ budgetTokens: 1_024, overheadTokens: 0 })
    expect(shown(profile)).toMatchObject({ budgetTokens: 1_024, overheadTokens: 0 })
    profile.adjust({ budgetTokens: 'auto', overheadTokens: 12 })
    expect(shown(profile)).toMatchObject({ budgetTokens: 256, overheadTokens: 12 })
  })

  it('never makes a slow device run longer than half a second', () => {
    const profile = adjustableProfile(own)
    profile.adjust({ budgetTokens: 65_536, overheadTokens: 'auto' })
    expect(atSpeed(profile, 5).budgetTokens).toBe(100)
  })
})
