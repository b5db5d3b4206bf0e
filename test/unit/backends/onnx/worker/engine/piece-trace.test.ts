import { describe, expect, it } from 'vitest'
import { tracedBatches, tracedMembers } from '../../../../../../backends/onnx/protocol.ts'
import { createPiece, type Piece, type PieceEntry } from '../../../../../../backends/onnx/worker/engine/piece.ts'
import { noteBatch, pieceTrace, timesOf } from '../../../../../../backends/onnx/worker/engine/piece-trace.ts'

const batch = { number: 1, texts: 2, paddedTokens: 8, startedMs: 110, forwardFromMs: 111, forwardToMs: 120 }

/** Rows of a piece that arrived at 100 ms, queued one millisecond after the other. */
const rowsOf = (piece: Piece, texts: number): readonly PieceEntry[] => {
  for (let row = 0; row < texts; row++) {
    piece.push({ ids: Int32Array.of(1), truncated: false }, 't', Infinity, 101 + row)
  }
  return piece.entries
}
const traced = (traceparent: string): Piece =>
  createPiece(1, 2, 1, 'interactive', { trace: pieceTrace(traceparent, 100) })
const untraced = (): Piece => createPiece(2, 2, 1, 'interactive')

describe('noteBatch', () => {
  it('tells each traced piece when it waited and ran, and who else was there', () => {
    const [one, other] = [traced('one'), traced('other')]
    noteBatch([...rowsOf(one, 2).toReversed(), ...rowsOf(untraced(), 1), ...rowsOf(other, 1)], batch)
    expect(one.trace && timesOf(one.trace, 125)).toEqual({
      readFromMs: 0,
      readToMs: 0,
      batches: [
        {
          ...batch,
          members: ['one', 'other'],
          queuedMs: 1,
          startedMs: 10,
          forwardFromMs: 11,
          forwardToMs: 20,
        },
      ],
      answeredMs: 25,
    })
  })

  it('tells every piece how large its largest batch was', () => {
    const piece = untraced()
    const rows = rowsOf(piece, 2)
    noteBatch(rows, batch)
    noteBatch(rows.slice(1), batch)
    expect(piece.batchTexts).toBe(2)
  })

  it('is bounded in batches and in members', () => {
    const pieces = Array.from({ length: 200 }, (_, index) => traced(`piece ${index}`))
    const rows = pieces.flatMap((piece) => rowsOf(piece, 1))
    for (let number = 1; number < 40; number++) noteBatch(rows, { ...batch, number })
    const batches = pieces[0]?.trace?.batches ?? []
    expect(batches).toHaveLength(tracedBatches)
    expect(batches[0]?.members).toHaveLength(tracedMembers)
  })
})
