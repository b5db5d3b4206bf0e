import type { Checker } from './checker.ts'

/** Nothing is tried more often than the settings allow, and retries of all requests keep to the budget. */
export const tries: Checker = {
  name: 'bounded tries',
  check: ({ plan, world }) => {
    const { retries, budget } = plan.settings.retry
    const breaches: string[] = []
    let again = 0
    let batches = 0
    for (const [tier, counts] of world.tries.tiers) {
      again += counts.tries - counts.batches
      batches += counts.batches
      if (counts.most > 1 + retries) breaches.push(`${tier} tried a batch ${counts.most} times, not ${1 + retries}`)
    }
    // Whatever 10 s one looks at: so many in each, and those of one more that has begun.
    const seconds = world.clock.now() / 1_000 + 10
    const allowed = budget.ratio * batches + budget.minPerSecond * seconds
    if (again > allowed) breaches.push(`${again} retries of ${batches} batches in ${seconds} s; allowed are ${allowed}`)
    return breaches
  },
}
