import { CallerGone, GatewayError } from '../../../gateway/core/errors.ts'
import type { Asked } from '../requests.ts'
import { said } from '../said.ts'
import type { Checker } from './checker.ts'

/** Points in time are sums of floats. */
const roundingMs = 1e-6

/** Of its time, what may be kept for a look-up of old answers behind the last engine: 5 %, at most 250 ms. */
const reserveOf = ({ atMs, deadlineMs }: Asked): number => Math.min(250, 0.05 * (deadlineMs - atMs))

/** Every request is answered once, by its deadline, with rows or with an error of the table. */
export const answers: Checker = {
  name: 'one answer, in time',
  check: ({ asked }) => asked.flatMap((each) => breachesOf(each).map((breach) => `${each.id} ${breach}`)),
}

const breachesOf = (asked: Asked): string[] => {
  const { answers: count, endedMs, deadlineMs, leftMs, answer, error } = asked
  if (endedMs === undefined) return ['was never answered']
  const breaches: string[] = []
  if (count !== 1) breaches.push(`was answered ${count} times`)
  if (endedMs > deadlineMs + roundingMs) breaches.push(`was answered ${endedMs - deadlineMs} ms after its deadline`)
  if (leftMs !== undefined && endedMs > leftMs) breaches.push(`ended ${endedMs - leftMs} ms after its caller left`)
  if (answer !== undefined) return breaches
  if (error instanceof CallerGone) {
    if (leftMs === undefined) breaches.push('was told that its caller had left')
  } else if (!(error instanceof GatewayError)) breaches.push(`met ${said(error)}`)
  else if (error.code === 'EG_DEADLINE' && endedMs < deadlineMs - reserveOf(asked) - roundingMs) {
    breaches.push(`was out of time ${deadlineMs - endedMs} ms before its deadline`)
  }
  return breaches
}
