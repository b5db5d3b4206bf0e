import { answeredRows, ofRow, type Checker } from './checker.ts'

/**
 * Wrong vectors that look right are told by parity probes alone, which run when a replica starts: until then they may be
 * answered, and from the moment it is known no row that the replica made before is, wherever it comes from.
 */
export const drift: Checker = {
  name: 'nothing of a drifted replica',
  check: (history) => {
    const { ledger, drifts } = history.world
    const breaches: string[] = []
    for (const each of answeredRows(history)) {
      const made = ledger.find(each.vector)
      if (!made?.isWrong) continue
      const known = drifts.find(
        ({ backend, replica, atMs }) =>
          backend === made.backend && replica === made.replica && made.atMs <= atMs && atMs < each.endedMs,
      )
      if (known === undefined) continue
      const where = `${made.backend}/${made.replica}`
      breaches.push(ofRow(each, `was made by ${where} at ${made.atMs}, known to be wrong since ${known.atMs}`))
    }
    return breaches
  },
}
