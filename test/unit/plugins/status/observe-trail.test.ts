import { describe, expect, it } from 'vitest'
import { rowSource, type Embeddings, type Try } from '../../../../gateway/core/embeddings.ts'
import type { Model } from '../../../../gateway/core/model.ts'
import { withTrail } from '../../../../gateway/core/trail.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { events } from '../../../../plugins/status/events.ts'
import { lastErrors } from '../../../../plugins/status/last-errors.ts'
import { observeTrail } from '../../../../plugins/status/observe-trail.ts'

const step = (backend: string, tier: number, outcome: Try['outcome'], reason?: string): Try => ({
  backend,
  replica: 0,
  tier,
  computing: true,
  outcome,
  ...(reason !== undefined && { reason }),
  durationMs: 1,
})

const answerOf = (trail: readonly Try[], source: number = rowSource.computed): Embeddings => ({
  vectors: new Float32Array([1]),
  dims: 1,
  tokens: new Uint32Array([3]),
  truncated: new Uint8Array(1),
  source: new Uint8Array([source]),
  trail,
})

const observe = async (answer: () => Promise<Embeddings>) => {
  const clock = fakeClock(0)
  const happenings = events(clock, 10)
  const errors = lastErrors(clock)
  const embed = observeTrail(happenings, errors)(answer, { model: { name: 'model' } as Model })
  const call = callOf(clock)
  const result = await embed(batchOf(['text']), call).catch((error: unknown) => error)
  call.release()
  return {
    result,
    events: happenings.list(),
    errorOf: (backend: string, replica: number) => errors.of(backend, replica),
  }
}

describe('the trail of a request', () => {
  it('is nothing to tell when the first tier answered', async () => {
    const { events: noted } = await observe(async () => answerOf([step('gpu', 0, 'success')]))
    expect(noted).toEqual([])
  })

  it('tells from which tier to which an answer fell, and why', async () => {
    const trail = [step('gpu', 0, 'failure', 'timeout'), step('cpu', 1, 'success')]
    const seen = await observe(async () => answerOf(trail))
    expect(seen.events).toMatchObject([
      { kind: 'degraded', subject: 'model', from: 'gpu', to: 'cpu', reason: 'timeout' },
    ])
    expect(seen.errorOf('gpu', 0)).toEqual({ reason: 'timeout', atMs: 0 })
    expect(seen.errorOf('cpu', 0)).toBeUndefined()
  })

  it('is no degradation after a retry on the same tier, but an error', async () => {
    const trail = [step('gpu', 0, 'failure', 'crash'), step('gpu', 0, 'success')]
    const seen = await observe(async () => answerOf(trail))
    expect(seen.events).toEqual([])
    expect(seen.errorOf('gpu', 0)?.reason).toBe('crash')
  })

  it('tells of stale rows', async () => {
    const { events: noted } = await observe(async () => answerOf([], rowSource.stale))
    expect(noted).toMatchObject([{ kind: 'degraded', to: 'cached', reason: 'stale' }])
  })

  it('notes what failed on the way to an error, and throws that error', async () => {
    const error = new Error('all failed')
    const seen = await observe(() => Promise.reject(withTrail(error, [step('gpu', 0, 'failure', 'connection')])))
    expect(seen.result).toBe(error)
    expect(seen.errorOf('gpu', 0)?.reason).toBe('connection')
  })

  it('blames nobody for what was skipped, or was the fault of the caller', async () => {
    const trail = [step('gpu', 0, 'skipped', 'down'), step('cpu', 1, 'caller', 'EG_INPUT_REJECTED')]
    const seen = await observe(() => Promise.reject(withTrail(new Error('no'), trail)))
    expect([seen.errorOf('gpu', 0), seen.errorOf('cpu', 0)]).toEqual([undefined, undefined])
  })
})
