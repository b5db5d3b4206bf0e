import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What nginx logs for a caller that left before its answer was out. Nobody reads it; it keeps the log and the metrics honest. */
export const callerGoneStatus = 499

/** The status a request ended with, once `whenClosed` has told: its answer's, or 499 when the answer never got out. */
export const endedStatus = (response: ServerResponse, socket: Socket): number =>
  !response.writableFinished && socket.destroyed ? callerGoneStatus : response.statusCode
