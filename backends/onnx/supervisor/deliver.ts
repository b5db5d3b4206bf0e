import { BackendError, GatewayError } from '../../../gateway/core/errors.ts'
import type { RememberedTexts } from '../remembered-texts.ts'
import { faultError } from './fault-error.ts'
import type { Pool } from './pool.ts'
import { type Piece, afterDeath } from './resend.ts'
import { untilEnded } from '../../../gateway/core/until-aborted.ts'
import { type Deliver, type Delivery, fillRows, requestOf } from './delivery.ts'
import { workNotes } from './note-work.ts'
import type { PieceAnswer } from './piece-answer.ts'
import type { Worker, WorkerEnd } from './worker.ts'

/**
 * Sends pieces to workers until their rows are answered. When a worker dies, its pieces are sent again as `afterDeath` says.
 *
 * @param nextPiece a number that was not used before
 * @param rejected texts that have ended two workers: they are refused, or each new request of one would end two more
 */
export const deliverer = (pool: Pool, nextPiece: () => number, rejected: RememberedTexts<'rejected'>): Deliver => {
  const note = workNotes()
  const deliver: Deliver = async (delivery, piece) => {
    if (textsOf(delivery, piece).some((text) => rejected.get(text) !== undefined)) throw crashesEngine()
    const tokens = piece.rows.reduce((sum, row) => sum + (delivery.tokens[row] ?? 0), 0)
    const next = await pool
      .use({ tokens, alone: piece.alone, until: delivery.call, priority: delivery.call.priority }, (worker) =>
        attempt(delivery, piece, worker),
      )
      .catch((error: unknown) => {
        if (piece.deaths === 0 || !(error instanceof BackendError) || error.fault !== 'unavailable') throw error
        throw new BackendError('crash', 'a worker died and no other is ready', { cause: error })
      })
    if (next.length === 0) delivery.call.progress(tokens)
    await Promise.all(next.map((again) => deliver(delivery, again)))
  }

  /** Sends a piece to one worker; returns what must be sent again. */
  const attempt = async (delivery: Delivery, piece: Piece, worker: Worker): Promise<readonly Piece[]> => {
    const id = nextPiece()
    delivery.sent.set(id, worker)
    const sentAtMs = delivery.call.span?.now() ?? 0
    const answer = await ask(delivery, piece, worker, id).finally(() => delivery.sent.delete(id))
    if ('end' in answer) return resend(delivery, piece, answer.end.running.get(id) ?? nothing, isOwnEnd(answer.end))
    if ('rows' in answer) {
      worker.noteInference(true)
      note(delivery, worker, answer, sentAtMs)
      fillRows(delivery.rows, piece.rows, answer.rows)
      return []
    }
    if (answer.fault.reason === 'inference') worker.noteInference(false)
    if (answer.fault.reason !== 'draining') throw faultError(answer.fault, delivery.call)
    worker.retire()
    return resend(delivery, piece, nothing, false)
  }

  const resend = (delivery: Delivery, piece: Piece, running: ReadonlySet<number>, isOwn: boolean): readonly Piece[] => {
    const verdict = afterDeath(piece, running, isOwn)
    if (verdict === 'rejected') {
      for (const text of textsOf(delivery, piece)) rejected.set(text, 'rejected')
      throw crashesEngine()
    }
    if (verdict === 'lost') throw new BackendError('crash', 'the workers that held this request died')
    return verdict.resend
  }

  return deliver
}

const nothing: ReadonlySet<number> = new Set()

const ask = async (
  delivery: Delivery,
  piece: Piece,
  worker: Worker,
  id: number,
): Promise<PieceAnswer | { readonly end: WorkerEnd }> => {
  const { call } = delivery
  try {
    return await worker.client.embed(id, requestOf(delivery, piece.rows), call)
  } catch (error) {
    if (call.endedBy || !(error instanceof BackendError)) throw error
    if (error.fault === 'protocol') worker.condemn('protocol')
    else if (error.fault === 'connection') worker.lost()
    else throw error
    return { end: await untilEnded(call, worker.ended) }
  }
}

/** A process that was killed from outside, or by the kernel when memory ran out, says nothing about what it computed. */
const isOwnEnd = ({ reason, how }: WorkerEnd): boolean =>
  reason === 'frozen' || reason === 'protocol' || (reason === 'crash' && how !== 'SIGKILL')

const textsOf = ({ batch }: Delivery, { rows }: Piece): string[] => rows.map((row) => batch.texts[row] ?? '')

const crashesEngine = (): GatewayError =>
  new GatewayError('EG_INPUT_REJECTED', 'a text of this request crashes the engine')
