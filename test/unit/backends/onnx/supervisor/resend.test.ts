import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Piece, afterDeath } from '../../../../../backends/onnx/supervisor/resend.ts'

const piece = (rows: number[], deaths = 0, alone = false): Piece => ({ rows, deaths, alone })

describe('afterDeath', () => {
  it('sends rows that only waited once more, together', () => {
    expect(afterDeath(piece([4, 7]), new Set(), true)).toEqual({ resend: [piece([4, 7], 1)] })
  })

  it('gives up a piece at a second death that it did not cause', () => {
    expect(afterDeath(piece([4, 7], 1), new Set(), true)).toBe('lost')
  })

  it('sends rows that were running alone, and the others together', () => {
    expect(afterDeath(piece([4, 7, 9]), new Set([1]), true)).toEqual({
      resend: [piece([4, 9], 1), piece([7], 1, true)],
    })
  })

  it('rejects a text that runs alone at a second crash', () => {
    expect(afterDeath(piece([7], 1, true), new Set([0]), true)).toBe('rejected')
  })

  it('does not blame a text for a worker that was killed from outside while it ran', () => {
    expect(afterDeath(piece([7], 1, true), new Set([0]), false)).toEqual({ resend: [piece([7], 2, true)] })
    expect(afterDeath(piece([7], 2, true), new Set([0]), false)).toBe('lost')
  })

  it('sends a text again that was alone at a worker that died before it ran, once', () => {
    expect(afterDeath(piece([7], 1, true), new Set(), true)).toEqual({ resend: [piece([7], 2, true)] })
    expect(afterDeath(piece([7], 2, true), new Set(), true)).toBe('lost')
  })

  it('never loses or doubles a row while it resends, and ends after three deaths at most', () => {
    const deaths = fc.array(fc.array(fc.nat({ max: 9 })), { minLength: 3, maxLength: 6 })
    fc.assert(
      fc.property(deaths, (runnings) => {
        let pieces: readonly Piece[] = [piece([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])]
        for (const [round, running] of runnings.entries()) {
          const verdicts = pieces.map((each) =>
            afterDeath(each, new Set(running.filter((position) => position < each.rows.length)), true),
          )
          if (verdicts.some((verdict) => typeof verdict === 'string')) return
          expect(round).toBeLessThan(2)
          pieces = verdicts.flatMap((verdict) => (typeof verdict === 'string' ? [] : verdict.resend))
          expect(pieces.flatMap((each) => each.rows).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        }
      }),
    )
  })
})
