import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What nginx logs when a caller left before its answer was out. */
const callerGone = 499

/** The status a request ended with, once `whenClosed` has told: its answer's, or 499 when the answer never got out. */
export const endedStatus = (response: ServerResponse, socket: Socket): number =>
  !response.writableFinished && socket.destroyed ? callerGone : response.statusCode
