import { describe, expect, it } from 'vitest'
import type { Session } from '../../../../../../backends/onnx/worker/session.ts'
import { warmUp } from '../../../../../../backends/onnx/worker/session/warm-up.ts'

const sessionOf = (msPerToken: number) => {
  let nowMs = 0
  const shapes: string[] = []
  const session: Session = {
    provider: 'cpu',
    dims: 1,
    run: async (rows) => {
      shapes.push(`${rows.length} x ${rows[0]?.length}`)
      nowMs += rows.reduce((sum, ids) => sum + ids.length * msPerToken, 0)
      return new Float32Array(rows.length)
    },
    close: async () => {},
  }
  return { session, shapes, now: () => nowMs }
}

describe('warming up', () => {
  it('runs a few shapes and learns the time of a token', async () => {
    const { session, shapes, now } = sessionOf(0.5)
    expect(await warmUp(session, 256, now)).toBe(0.5)
    expect(shapes).toEqual(['1 x 16', '8 x 32', '1 x 128'])
  })

  it('runs nothing longer than the model reads', async () => {
    const { session, shapes, now } = sessionOf(0.5)
    await warmUp(session, 20, now)
    expect(shapes).toEqual(['1 x 16', '8 x 20', '1 x 20'])
  })

  it('ends early on a device that is slow', async () => {
    const { session, shapes, now } = sessionOf(90)
    expect(await warmUp(session, 256, now)).toBe(90)
    expect(shapes).toEqual(['1 x 16'])
  })
})
