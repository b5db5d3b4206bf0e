import type { WorkerFault } from '../../protocol.ts'

/** Why a piece is not answered. */
export type RefusalReason = WorkerFault['error']['reason']

/** A piece that is not answered. The message holds no text. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reason: RefusalReason

  constructor(reason: RefusalReason, message: string) {
    super(message)
    this.reason = reason
  }
}
