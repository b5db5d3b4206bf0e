import type { Checker } from './checker.ts'

/** Nothing is left of a request once it is over: no place, no queue entry, no timer, no listener. */
export const nothingLeft: Checker = {
  name: 'nothing left',
  check: ({ asked, world, rest }) => {
    const breaches: string[] = []
    if (rest.inFlight !== 0) breaches.push(`${rest.inFlight} calls are counted as in flight`)
    if (world.tries.running() !== 0) breaches.push(`${world.tries.running()} tries still run`)
    if (rest.queued !== 0) breaches.push(`${rest.queued} texts and tokens wait in queues`)
    if (rest.timers > world.timersAtRest) {
      breaches.push(`${rest.timers} timers are armed; at the start there were ${world.timersAtRest}`)
    }
    if (rest.afterClose !== 0) breaches.push(`${rest.afterClose} timers are armed after the gateway was closed`)
    for (const reason of rest.refused) breaches.push(`a first tier at rest refused: ${reason}`)
    for (const { id, listeners } of asked) if (listeners > 0) breaches.push(`${listeners} still listen on ${id}`)
    return breaches
  },
}
