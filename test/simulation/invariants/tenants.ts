import { answeredRows, ofRow, type Checker } from './checker.ts'

/** No row was computed for another tenant, whether it comes from the cache, from the stale reader or from a flight. */
export const tenants: Checker = {
  name: 'tenants apart',
  check: (history) => {
    const breaches: string[] = []
    for (const each of answeredRows(history)) {
      const made = history.world.ledger.find(each.vector)
      const { tenant } = each.asked.plan
      if (made && made.tenant !== tenant) breaches.push(ofRow(each, `was computed for ${made.tenant}, not ${tenant}`))
    }
    return breaches
  },
}
