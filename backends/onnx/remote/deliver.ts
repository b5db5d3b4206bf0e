import { BackendError, GatewayError } from '../../../gateway/core/errors.ts'
import { type Deliver, fillRows, requestOf } from '../supervisor/delivery.ts'
import { faultError } from '../supervisor/fault-error.ts'
import { workNotes } from '../supervisor/note-work.ts'
import type { Connection } from './connection.ts'
import type { Suspects, Verdict } from './suspects.ts'

/**
 * Sends pieces to a remote worker, once: what comes after a lost connection is another replica's, or the next tier's. Suspect
 * texts are sent to run alone.
 *
 * @param connected the connection to use; throws when there is none
 * @param nextPiece a number that was not used before
 */
export const remoteDeliverer = (connected: () => Connection, suspects: Suspects, nextPiece: () => number): Deliver => {
  const note = workNotes()
  return async (delivery, { rows }) => {
    const textOf = (row: number): string => delivery.batch.texts[row] ?? ''
    const verdicts = rows.map((row) => suspects.verdict(textOf(row)))
    refuse(verdicts)

    const send = async (some: readonly number[], alone: boolean): Promise<void> => {
      const connection = connected()
      const id = nextPiece()
      delivery.sent.set(id, connection)
      try {
        const request = requestOf(delivery, some)
        const sentAtMs = delivery.call.span?.now() ?? 0
        const answer = await connection.client.embed(id, alone ? { ...request, alone } : request, delivery.call)
        if ('rows' in answer) {
          note(delivery, connection, answer, sentAtMs)
          if (alone) for (const row of some) suspects.clear(textOf(row))
          fillRows(delivery.rows, some, answer.rows)
          return delivery.call.progress(some.reduce((sum, row) => sum + (delivery.tokens[row] ?? 0), 0))
        }
        if (answer.fault.reason === 'draining') connection.retire()
        throw faultError(answer.fault, delivery.call)
      } catch (error) {
        const running = [...(connection.client.running().get(id) ?? [])].map((position) => textOf(some[position] ?? -1))
        const hasLeft = delivery.call.endedBy !== undefined
        if (hasLeft && !connection.isLost()) connection.abandoned.add(running)
        else if (hasLeft || isLoss(error)) for (const text of running) suspects.note(text, connection.about.instance)
        throw error
      } finally {
        delivery.sent.delete(id)
      }
    }

    const clear = rows.filter((_, position) => verdicts[position] === 'clear')
    const alone = rows.filter((_, position) => verdicts[position] === 'alone')
    await Promise.all([...(clear.length > 0 ? [send(clear, false)] : []), ...alone.map((row) => send([row], true))])
  }
}

/** Faults of a connection that has been lost: what its worker ran may have ended it. */
const lossFaults: ReadonlySet<string> = new Set(['connection', 'protocol', 'timeout'])

/** Whether a connection has been lost by it, rather than closed from here. */
export const isLoss = (error: unknown): boolean => error instanceof BackendError && lossFaults.has(error.fault)

const refuse = (verdicts: readonly Verdict[]): void => {
  if (verdicts.includes('rejected'))
    throw new GatewayError('EG_INPUT_REJECTED', 'a text of this request crashes workers')
  if (verdicts.includes('withheld')) {
    throw new BackendError('withheld', 'two workers were lost while a text of this request was running')
  }
}
