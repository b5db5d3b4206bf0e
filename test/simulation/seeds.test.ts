import { describe, expect, it } from 'vitest'
import { simulate } from './simulate.ts'

/**
 * Seeds that have found something. What a seed means changes with how plans are drawn, so that each finding has a test of
 * its own beside the code that was mended.
 */
const found: readonly (readonly [seed: number, what: string])[] = [
  [43, 'a flight that fails in the moment in which its batch has failed computed again for nobody'],
  [243, 'the same, for batches of two requests'],
  [3522, 'an engine that had been very slow was thought so after a long quiet, and the first burst was refused'],
  [5044, 'a joined row was kept while its batch waited, and given out after its replica was known to have drifted'],
  [9047, 'calls that waited for a place went to the engine although its breaker had opened meanwhile'],
  [13914, 'a call that a half-open breaker turned away was counted as a try, and cost a retry'],
]

describe('seeds that have found something', () => {
  it.each(found)('%i: %s', { timeout: 300_000 }, async (seed) => {
    expect((await simulate(seed)).breaches).toEqual([])
  })
})
