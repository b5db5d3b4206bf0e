import type { Dispatcher } from 'undici'
import type { Call } from '../../gateway/core/call.ts'

/** What has been received of an answer. */
export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** false: there was more, and it was not taken. */
  readonly isWhole: boolean
}

/** Who waits for an answer; it is given up on when their call ends. */
export type Until = Pick<Call, 'onEnd'>

/** Whoever waits until a signal is aborted. */
export const untilAbort = (signal: AbortSignal): Until => ({
  onEnd: (listener) => {
    const stop = (): void => listener(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    return () => signal.removeEventListener('abort', stop)
  },
})

/**
 * Sends one request and takes its answer up to a bound. What is beyond it, or comes when nobody waits any more, is neither
 * taken nor kept: the connection is closed.
 *
 * By undici's own events, because a stream and a signal for each request cost as much as the rest of it.
 *
 * @param maxBytesOf the bound, by status
 * @param onOver called once, when the dispatcher holds nothing of the request any more: one that is given up before it has a
 *   connection stays in its line until it gets one
 * @throws what `until` ended with, or what the connection fails with
 */
export const receive = (
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: Dispatcher.DispatchOptions,
  maxBytesOf: (status: number) => number,
  until: Until,
  onOver: () => void = () => {},
): Promise<Received> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let status = 0
    let headers: Received['headers'] = {}
    let running: Dispatcher.DispatchController | undefined
    let givenUp: Error | undefined

    const giveUp = (reason: Error): void => {
      givenUp = reason
      running?.abort(reason)
    }
    const end = (isWhole: boolean): void => {
      ignoreEnd()
      resolve({ status, headers, body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks), isWhole })
    }
    const fail = (error: Error): void => {
      ignoreEnd()
      reject(error)
    }
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        running = controller
        if (givenUp) controller.abort(givenUp)
      },
      onResponseStart: (_controller, answered, given) => {
        status = answered
        headers = given
      },
      onResponseData: (_controller, chunk) => {
        length += chunk.length
        if (length <= maxBytesOf(status)) {
          chunks.push(chunk)
          return
        }
        end(false)
        giveUp(new Error('the rest of the answer is not taken'))
      },
      onResponseEnd: () => {
        end(true)
        onOver()
      },
      onResponseError: (_controller, error) => {
        fail(error)
        onOver()
      },
    }
    const ignoreEnd = until.onEnd((reason) => {
      reject(reason)
      giveUp(reason)
    })
    if (givenUp === undefined) dispatcher.dispatch(request, handler)
    else onOver()
  })
