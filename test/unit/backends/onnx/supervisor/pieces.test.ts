import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutPieces, maxPieceTokens, pieceTokens } from '../../../../../backends/onnx/supervisor/pieces.ts'

const sumOf = (tokens: readonly number[], rows: readonly number[]): number =>
  rows.reduce((sum, row) => sum + (tokens[row] ?? 0), 0)

describe('cutPieces', () => {
  const requests = fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 200 })
  const targets = fc.integer({ min: 1, max: maxPieceTokens })

  it('puts every row into exactly one piece', () => {
    fc.assert(
      fc.property(requests, targets, (tokens, target) => {
        const rows = cutPieces(tokens, target).flat()
        expect(rows.sort((a, b) => a - b)).toEqual(tokens.map((_, row) => row))
      }),
    )
  })

  it('makes no piece empty, and none larger than a piece may be unless it is one row', () => {
    fc.assert(
      fc.property(requests, targets, (tokens, target) => {
        for (const rows of cutPieces(tokens, target)) {
          expect(rows.length).toBeGreaterThan(0)
          if (rows.length > 1) expect(sumOf(tokens, rows)).toBeLessThanOrEqual(maxPieceTokens)
        }
      }),
    )
  })

  it('opens a further piece where a row fits into none', () => {
    expect(cutPieces([1_200, 1_200, 1_200], maxPieceTokens)).toEqual([[0], [1], [2]])
  })

  it('makes pieces of about equal size', () => {
    const tokens = Array.from({ length: 32 }, (_, row) => 16 + ((row * 7) % 53))
    const sizes = cutPieces(tokens, Math.ceil(sumOf(tokens, [...tokens.keys()]) / 2)).map((rows) => sumOf(tokens, rows))
    expect(sizes).toHaveLength(2)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(16)
  })

  it('leaves a small request whole and in order', () => {
    expect(cutPieces([5, 90, 3], 256)).toEqual([[0, 1, 2]])
  })
})

describe('pieceTokens', () => {
  it('shares a request of 32 short texts between two idle workers', () => {
    expect(pieceTokens(1_280, { ready: 2, idle: 2 })).toBe(640)
  })

  it('cuts less finely when no worker is idle', () => {
    expect(pieceTokens(300, { ready: 4, idle: 4 })).toBe(75)
    expect(pieceTokens(300, { ready: 4, idle: 0 })).toBe(256)
  })

  it('keeps a very short request in one message', () => {
    expect(pieceTokens(40, { ready: 8, idle: 8 })).toBe(64)
  })

  it('is bounded for large requests, and when no worker is counted', () => {
    expect(pieceTokens(300_000, { ready: 2, idle: 0 })).toBe(maxPieceTokens)
    expect(pieceTokens(300, { ready: 0, idle: 0 })).toBe(300)
  })
})
