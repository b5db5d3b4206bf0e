import type { RunningRows } from '../protocol.ts'

/** Rows that run, by piece. */
export const byPiece = (pairs: RunningRows): ReadonlyMap<number, ReadonlySet<number>> => {
  const rows = new Map<number, Set<number>>()
  for (const [piece, row] of pairs) rows.set(piece, (rows.get(piece) ?? new Set()).add(row))
  return rows
}
