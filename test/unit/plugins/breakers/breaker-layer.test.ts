import { describe, expect, it } from 'vitest'
import type { AbortableCall } from '../../../../gateway/core/call.ts'
import { computed, type Embeddings } from '../../../../gateway/core/embeddings.ts'
import { BackendError, CallerGone, GatewayError } from '../../../../gateway/core/errors.ts'
import type { EmbedFn, Where } from '../../../../gateway/core/layer.ts'
import { withResolvers } from '../../../../gateway/core/with-resolvers.ts'
import { untilEnded } from '../../../../gateway/core/until-aborted.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { breakerLayer } from '../../../../plugins/breakers/breaker-layer.ts'
import { breaker } from '../../../../plugins/breakers/breaker.ts'
import { defaults } from './subject.ts'

const batch = batchOf(['a'])
const answer = computed([[1]], 1, [3])

/** The layer over a backend that does what the test says. */
const layered = () => {
  const clock = fakeClock()
  const made = breaker({ clock, random: () => 0.5, settings: defaults, onTransition: () => {} })
  let behaviour: EmbedFn = async () => answer
  // As in a chain, where what ignores its signal is settled at the boundary to the backend.
  const settled: EmbedFn = (given, call) => untilEnded(call, behaviour(given, call))
  const embed = breakerLayer(made, () => 5_000)(settled, { tier: 'gpu' } as Where)
  const as = (next: EmbedFn, call: AbortableCall = callOf(clock)): Promise<Embeddings> => {
    behaviour = next
    return embed(batch, call)
  }
  const throwing =
    (error: Error): EmbedFn =>
    async () => {
      throw error
    }
  const fails = async (error: Error, count = 1): Promise<void> => {
    for (let each = 0; each < count; each++) await expect(as(throwing(error))).rejects.toBe(error)
  }
  const halfOpen = async (): Promise<void> => {
    await fails(new BackendError('connection', 'reset'), 5)
    await clock.advance(30_000)
    expect(made.status().state).toBe('half-open')
  }
  return { clock, breaker: made, as, fails, halfOpen, state: () => made.status().state }
}

const hang: EmbedFn = () => new Promise(() => {})

describe('breakerLayer', () => {
  it('passes answers and errors through as they are', async () => {
    const { as, fails } = layered()
    await expect(as(async () => answer)).resolves.toBe(answer)
    await fails(new BackendError('crash', 'gone'))
  })

  it('refuses with the fault open, which is neutral, and says when to come again', async () => {
    const { as, fails } = layered()
    await fails(new BackendError('timeout', 'late'), 5)
    await expect(as(async () => answer)).rejects.toMatchObject({
      fault: 'open',
      outcome: 'neutral',
      retryAfterMs: 30_000,
    })
  })

  it('names no time when an operator holds it open', async () => {
    const { as, breaker: made } = layered()
    made.setMode('forced-open')
    await expect(as(async () => answer)).rejects.toMatchObject({ fault: 'open', retryAfterMs: undefined })
  })

  it.each([
    ['an unknown error is a failure', new Error('bug'), 'open'],
    ['a bad row is a failure', new BackendError('invalid_rows', 'nan'), 'open'],
    ['a full queue is none', new BackendError('busy', 'full'), 'closed'],
    ['a caller who leaves is none', new CallerGone(), 'closed'],
    ['a spent deadline is none', new GatewayError('EG_DEADLINE', 'late'), 'closed'],
    ['a bad request is none', new GatewayError('EG_INPUT_TOO_LONG', 'long'), 'closed'],
  ])('%s', async (_name, error, expected) => {
    const { fails, state } = layered()
    await fails(error, 5)
    expect(state()).toBe(expected)
  })

  it('counts an error that is thrown at once, without a promise', async () => {
    const { as, state } = layered()
    const broken: EmbedFn = () => {
      throw new Error('bug')
    }
    for (let each = 0; each < 5; each++) await expect(as(broken)).rejects.toThrow('bug')
    expect(state()).toBe('open')
  })
})

describe('a probe', () => {
  it('[R1] that hangs ends with a time-out at its limit, even if what is behind ignores its signal', async () => {
    const { as, halfOpen, clock, state } = layered()
    await halfOpen()
    const call = callOf(clock, { timeoutMs: 60_000 })
    let told: unknown
    const probe = as((_batch, attempt) => {
      attempt.onEnd((reason) => (told = reason))
      return new Promise(() => {})
    }, call)
    const ended = expect(probe).rejects.toMatchObject({ fault: 'timeout', outcome: 'failure' })
    await clock.advance(4_999)
    expect(state()).toBe('half-open')
    await clock.advance(1)
    await ended
    expect(state()).toBe('open')
    expect(told).toMatchObject({ fault: 'timeout' })
    expect(call.endedBy).toBeUndefined()
    call.release()
  })

  it('whose caller leaves frees its place at once, though what is behind still works', async () => {
    const { as, halfOpen, clock, state } = layered()
    await halfOpen()
    const call = callOf(clock)
    const probe = as(hang, call)
    call.abort(new CallerGone())
    await expect(probe).rejects.toBeInstanceOf(CallerGone)
    expect(state()).toBe('half-open')
    await as(async () => answer)
    await as(async () => answer)
    expect(state()).toBe('closed')
  })

  it("whose request runs out of time says nothing: its time was shorter than the probe's limit", async () => {
    const { as, halfOpen, clock, state } = layered()
    await halfOpen()
    const probe = as(hang, callOf(clock, { timeoutMs: 100 }))
    const ended = expect(probe).rejects.toMatchObject({ code: 'EG_DEADLINE' })
    await clock.advance(100)
    await ended
    expect(state()).toBe('half-open')
  })

  it('is alone: others are refused meanwhile, and told how long it may take', async () => {
    const { as, halfOpen, clock } = layered()
    await halfOpen()
    const { promise, resolve } = withResolvers<Embeddings>()
    const probe = as(() => promise)
    await clock.advance(2_000)
    await expect(as(async () => answer)).rejects.toMatchObject({ fault: 'open', retryAfterMs: 3_000 })
    resolve(answer)
    await expect(probe).resolves.toBe(answer)
  })

  it('leaves no timer behind', async () => {
    const { as, halfOpen, clock } = layered()
    await halfOpen()
    const call = callOf(clock)
    const { pending } = clock
    await as(async () => answer, call)
    expect(clock.pending).toBe(pending)
  })
})

describe('an ordinary call', () => {
  it('has no limit of the breaker', async () => {
    const { as, clock } = layered()
    const call = callOf(clock)
    const { pending } = clock
    const { promise, resolve } = withResolvers<Embeddings>()
    const running = as(() => promise, call)
    expect(clock.pending).toBe(pending)
    resolve(answer)
    await running
  })
})
