import type { RunningRows } from '../../protocol.ts'
import type { PieceEntry } from './piece.ts'

/** Told which of its rows the batch that comes next holds. */
export type OnRunning = (rows: RunningRows) => void

/**
 * Tells each owner of pieces about its own rows before a batch runs; and with an empty list, once, that the batch after it
 * holds none of them: a worker that dies in it must not be blamed on them.
 *
 * @returns to be called before each batch
 */
export const ownersTold = (): ((rows: readonly PieceEntry[]) => void) => {
  let told: ReadonlySet<OnRunning> = new Set()
  return (rows) => {
    const byOwner = new Map<OnRunning, (readonly [number, number])[]>()
    for (const { piece, row } of rows) {
      if (!piece.onRunning) continue
      const own = byOwner.get(piece.onRunning)
      if (own) own.push([piece.id, row])
      else byOwner.set(piece.onRunning, [[piece.id, row]])
    }
    for (const owner of told) if (!byOwner.has(owner)) owner([])
    for (const [owner, own] of byOwner) owner(own)
    told = new Set(byOwner.keys())
  }
}
