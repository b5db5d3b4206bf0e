/** Some rows of one request on their way to a worker. */
export interface Piece {
  /** Row numbers in the request. */
  readonly rows: readonly number[]
  /** How many workers have died while it was with them. */
  readonly deaths: number
  /** true: its one text was in a batch that killed a worker, so it runs on a worker that holds nothing else. */
  readonly alone: boolean
}

/**
 * What follows for a piece whose worker has died:
 * `resend` these pieces, `rejected` its text was running at two crashes, `lost` it met deaths that it did not cause.
 */
export type Verdict = { readonly resend: readonly Piece[] } | 'rejected' | 'lost'

/** A row meets at most three workers: with its piece, with its piece again, alone. */
const maxDeaths = 3

/**
 * Judges a piece after the death of the worker that held it: rows that were running go alone, the others once more
 * together.
 *
 * @param running positions in `piece.rows` of the rows in the batch that was running
 * @param isOwnEnd it ended, froze or answered garbage by itself: no text is blamed for a worker that was killed from outside
 */
export const afterDeath = (piece: Piece, running: ReadonlySet<number>, isOwnEnd: boolean): Verdict => {
  const deaths = piece.deaths + 1
  if (piece.alone) {
    if (running.size > 0 && isOwnEnd) return 'rejected'
    return deaths < maxDeaths ? { resend: [{ ...piece, deaths }] } : 'lost'
  }
  const innocent = piece.rows.filter((_, position) => !running.has(position))
  if (innocent.length > 0 && deaths > 1) return 'lost'
  const suspects = piece.rows.filter((_, position) => running.has(position))
  const together = innocent.length > 0 ? [{ rows: innocent, deaths, alone: false }] : []
  return { resend: [...together, ...suspects.map((row) => ({ rows: [row], deaths, alone: true }))] }
}
