import { describe, expect, it } from 'vitest'
import { measure } from './scenarios/measure.ts'
import { losses } from './scenarios/scenario.ts'

describe('a first tier that is lost and comes back', () => {
  it.each(losses)(
    'by %s leaves its requests to the next tier, and is used again',
    { timeout: 300_000 },
    async (loss) => {
      for (let seed = 1; seed <= 5; seed++) {
        const { lost, answered, triesPerBatch, usedAgainMs, breaches } = await measure(loss, seed)
        expect({ seed, breaches }).toEqual({ seed, breaches: [] })
        expect(lost).toBeGreaterThan(10)
        expect(answered / lost).toBeGreaterThanOrEqual(0.99)
        expect(triesPerBatch).toBeLessThanOrEqual(1.2)
        expect(usedAgainMs).toBeDefined()
      }
    },
  )
})
