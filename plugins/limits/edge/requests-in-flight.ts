import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { whenClosed } from '../../../gateway/core/connection.ts'

/** Bounds how many requests are in the process at once. */
export interface RequestsInFlight {
  /** Counts a request until its answer is out or its connection is gone; false when there are too many already. */
  admit(response: ServerResponse, socket: Socket): boolean
  count(): number
}

/** @param limit requests at once; 4 096 by default, well below the descriptors that a process may open */
export const requestsInFlight = (limit: number): RequestsInFlight => {
  let count = 0
  return {
    admit: (response, socket) => {
      if (count >= limit) return false
      count++
      whenClosed(response, socket, () => count--)
      return true
    },
    count: () => count,
  }
}
