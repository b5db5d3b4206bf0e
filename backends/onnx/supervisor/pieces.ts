/** The most estimated tokens of a piece, the unit of spreading and of sending again. A longer text is a piece of its own. */
export const maxPieceTokens = 2_048

/**
 * The least estimated tokens worth a message of its own (about 0.2 ms of CPU on both sides together): small ones pay off
 * only while a worker would otherwise be idle.
 */
const minPieceTokens = { idle: 64, busy: 256 } as const

/** How many workers could take pieces now. */
export interface WorkerCounts {
  readonly ready: number
  /** Of the ready ones, those with nothing outstanding. */
  readonly idle: number
}

/** The estimated tokens that each piece of a request should hold, so that its texts reach all workers worth using. */
export const pieceTokens = (totalTokens: number, workers: WorkerCounts): number => {
  const spread = workers.idle > 1 ? workers.idle : Math.max(1, workers.ready)
  const floor = workers.idle > 1 ? minPieceTokens.idle : minPieceTokens.busy
  return Math.min(maxPieceTokens, Math.max(floor, Math.ceil(totalTokens / spread)))
}

/**
 * Cuts the rows of a request into pieces of about `targetTokens`, none above `maxPieceTokens` unless it is one row.
 * Longest rows are placed first, each into the lightest piece, so that pieces take about equally long.
 *
 * @param tokens estimated, per row
 * @returns row numbers per piece; every row is in exactly one piece
 */
export const cutPieces = (tokens: readonly number[], targetTokens: number): number[][] => {
  const rows = tokens.map((_, row) => row)
  const totalTokens = tokens.reduce((sum, count) => sum + count, 0)
  if (rows.length <= 1 || totalTokens <= Math.min(targetTokens, maxPieceTokens)) return rows.length === 0 ? [] : [rows]
  const tokensOf = (row: number): number => tokens[row] ?? 0
  const count = Math.min(rows.length, Math.ceil(totalTokens / targetTokens))
  const pieces = Array.from({ length: count }, () => ({ rows: [] as number[], tokens: 0 }))
  for (const row of rows.sort((a, b) => tokensOf(b) - tokensOf(a))) {
    let lightest = pieces.reduce((least, piece) => (piece.tokens < least.tokens ? piece : least))
    if (lightest.rows.length > 0 && lightest.tokens + tokensOf(row) > maxPieceTokens) {
      lightest = { rows: [], tokens: 0 }
      pieces.push(lightest)
    }
    lightest.rows.push(row)
    lightest.tokens += tokensOf(row)
  }
  return pieces.map((piece) => piece.rows).filter((piece) => piece.length > 0)
}
