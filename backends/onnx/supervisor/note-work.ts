import type { Delivery } from './delivery.ts'
import type { PieceAnswer } from './piece-answer.ts'
import { workSpans } from './work-spans.ts'

/** Who has answered a piece. */
export interface PieceWorker {
  /** Its batches are numbered on for as long as this is the same object. */
  readonly client: object
  readonly about: { readonly provider: string }
}

/** Passes on what a worker tells with an answer: to the delivery, and to the trace where there is one. */
export type NoteWork = (delivery: Delivery, worker: PieceWorker, answer: PieceAnswer, sentAtMs: number) => void

/** Nothing noted yet. */
export const workNotes = (): NoteWork => {
  const trace = workSpans()
  return (delivery, { client, about }, answer, sentAtMs) => {
    if (!('rows' in answer) || !answer.work) return
    const { batchTexts, times } = answer.work
    const { call, space } = delivery
    const attempt = call.span
    const device = about.provider
    if (batchTexts > (delivery.ran?.batchTexts ?? 0)) delivery.ran = { device, batchTexts }
    if (attempt && times) trace(client, { attempt, times, sentAtMs, answeredAtMs: attempt.now(), device, space })
  }
}
