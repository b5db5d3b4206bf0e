import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { degrade, type Step } from '../../../gateway/chain/degrade.ts'
import type { Embeddings, Try } from '../../../gateway/core/embeddings.ts'
import { BackendError, CallerGone, GatewayError } from '../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import type { ReplicaState } from '../../../gateway/core/served-model.ts'
import { degradation, servedBy, trailOf, withTrail } from '../../../gateway/core/trail.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, batchOf, callFor, fakeModel, manual, outcome } from './fakes.ts'

const tryOf = (step: Pick<Step, 'name' | 'position' | 'computing'>, end: Pick<Try, 'outcome' | 'reason'>): Try => ({
  backend: step.name,
  replica: 0,
  tier: step.position,
  computing: step.computing,
  durationMs: 1,
  ...end,
})

/** A step that notes its tries, as `balance` does. */
const stepOf = (name: string, position: number, embed: EmbedFn, over: Partial<Step> = {}): Step => {
  const step: Step = {
    name,
    position,
    computing: true,
    queueing: false,
    optional: false,
    state: () => 'serving',
    bar: () => undefined,
    hasServed: () => true,
    isComing: () => false,
    drifts: { count: () => 0, hasDrifted: () => false },
    embed: async (batch, call) => {
      try {
        const answer = await embed(batch, call)
        return { ...answer, trail: [tryOf(step, { outcome: 'success' })] }
      } catch (error) {
        throw withTrail(error, [tryOf(step, { outcome: 'failure', reason: 'crash' })])
      }
    },
    ...over,
  }
  return step
}

const ok: EmbedFn = async ({ texts }) => answerFor(texts)
const failing =
  (error: Error): EmbedFn =>
  async () => {
    throw error
  }
const crash = failing(new BackendError('crash', 'it died'))
const stale = { computing: false } as const

const over = (steps: readonly Step[]): EmbedFn =>
  degrade(steps)(() => Promise.reject(new Error('nothing behind')), { model: fakeModel() })
const ask = (steps: readonly Step[], call = callFor(fakeClock())) => outcome(over(steps)(batchOf(['a']), call))

describe('degrade', () => {
  it('answers from the first tier without calling others', async () => {
    const answer = (await ask([stepOf('gpu', 0, ok), stepOf('cpu', 1, crash)])) as Embeddings
    expect(answer.trail.map(({ backend }) => backend)).toEqual(['gpu'])
  })

  it('skips tiers that cannot be called, and notes their state', async () => {
    const steps = [stepOf('gpu', 0, crash, { state: () => 'drifted' }), stepOf('cpu', 1, ok)]
    const answer = (await ask(steps)) as Embeddings
    expect(answer.trail).toMatchObject([
      { backend: 'gpu', tier: 0, outcome: 'skipped', reason: 'drifted' },
      { backend: 'cpu', tier: 1, outcome: 'success' },
    ])
  })

  it('does not call an answer degraded while an optional device is looked for that has never served', async () => {
    for (const state of ['starting', 'probing'] as const) {
      const gpu = { state: () => state, optional: true, hasServed: () => false }
      const reasonWith = async (change: Partial<Step>) => {
        const answer = (await ask([stepOf('gpu', 0, crash, { ...gpu, ...change }), stepOf('cpu', 1, ok)])) as Embeddings
        return degradation(answer.trail)?.reason
      }
      expect(await reasonWith({})).toBeUndefined()
      expect(await reasonWith({ optional: false })).toBe(state)
      expect(await reasonWith({ hasServed: () => true })).toBe(state)
      expect(await reasonWith({ state: () => 'down' })).toBe('down')
    }
  })

  it.each([
    ['a crash', new BackendError('crash', '')],
    ['a full queue', new BackendError('busy', '')],
    ['an absent device', new BackendError('absent', '')],
    ['an unknown error', new TypeError('bug')],
    ['EG_SHUTTING_DOWN', new GatewayError('EG_SHUTTING_DOWN', '')],
  ])('steps down after %s', async (_what, error) => {
    expect(await ask([stepOf('gpu', 0, failing(error)), stepOf('cpu', 1, ok)])).toMatchObject({ dims: 4 })
  })

  it("ends at once with the caller's own fault, and the trail so far", async () => {
    const fault = new GatewayError('EG_INPUT_TOO_LONG', 'too long')
    let called = false
    const next = async () => {
      called = true
      return answerFor(['a'])
    }
    const error = await ask([stepOf('gpu', 0, crash), stepOf('cpu', 1, failing(fault)), stepOf('last', 2, next)])
    expect(error).toBe(fault)
    expect(trailOf(error).map(({ backend }) => backend)).toEqual(['gpu', 'cpu'])
    expect(called).toBe(false)
  })

  it('ends at once when the caller leaves, calling nobody else', async () => {
    const call = callFor(fakeClock())
    const { embed, calls } = manual()
    const asked = ask([stepOf('gpu', 0, embed), stepOf('cpu', 1, embed)], call)
    call.abort(new CallerGone())
    expect(await asked).toBeInstanceOf(CallerGone)
    expect(calls).toHaveLength(1)
  })

  it('gives each computing tier an equal share of what is left, and a stale reader its reserve', async () => {
    const clock = fakeClock()
    const { embed, calls } = manual()
    const names = ['a', 'b', 'c']
    const steps = [
      ...names.map((name, position) => stepOf(name, position, embed)),
      stepOf('absent', 3, embed, { state: () => 'absent' }),
      stepOf('cached', 4, ok, stale),
    ]
    const asked = ask(steps, callFor(clock, 10_000))
    expect(calls[0]?.call.deadline.remainingMs()).toBe((10_000 - 250) / 3)
    await clock.advance(3_250)
    expect(calls[1]?.call.deadline.remainingMs()).toBe((6_750 - 250) / 2)
    await clock.advance(3_250)
    expect(calls[2]?.call.deadline.remainingMs()).toBe(3_500 - 175)
    await clock.advance(3_325)
    expect(await asked).toMatchObject({ dims: 4 })
    expect(clock.now()).toBe(9_825)
  })

  it('lets the one tier that can be called have all the time there is', async () => {
    const call = callFor(fakeClock())
    const { embed, calls } = manual()
    const asked = ask([stepOf('gpu', 0, embed, { state: () => 'absent' }), stepOf('cpu', 1, embed)], call)
    expect(calls[0]?.call).toBe(call)
    calls[0]?.answer()
    await asked
  })

  it.each([
    ['late', false],
    ['busy', true],
  ] as const)('counts a spent share as %s when the backend keeps a queue: %s', async (fault, queueing) => {
    const clock = fakeClock()
    const { embed, calls } = manual()
    const asked = ask([stepOf('gpu', 0, embed, { queueing }), stepOf('cpu', 1, ok)], callFor(clock, 1_000))
    await clock.advance(500)
    await asked
    expect(calls[0]?.call.signal.reason).toMatchObject({ fault })
  })

  it('leaves no timer behind', async () => {
    const clock = fakeClock()
    const call = callFor(clock)
    await ask([stepOf('gpu', 0, crash), stepOf('cpu', 1, ok), stepOf('cached', 2, ok, stale)], call)
    call.release()
    expect(clock.pending).toBe(0)
  })

  it('notes a tier that gave no trail of its own', async () => {
    const unavailable = () => Promise.reject(new BackendError('unavailable', 'no replica serves'))
    const answer = (await ask([stepOf('gpu', 0, ok, { embed: unavailable }), stepOf('cpu', 1, ok)])) as Embeddings
    expect(answer.trail[0]).toMatchObject({ backend: 'gpu', outcome: 'skipped', reason: 'unavailable' })
  })

  it('answers from the best tier that can, and tells the truth about it, whatever the others do', async () => {
    const states: ReplicaState[] = ['serving', 'starting', 'probing', 'absent', 'down', 'drifted', 'closed']
    const tierArbitrary = fc.record({
      state: fc.constantFrom(...states),
      fails: fc.boolean(),
      computing: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(tierArbitrary, { minLength: 1, maxLength: 6 }), async (tiers) => {
        const steps = tiers.map(({ state, fails, computing }, position) =>
          stepOf(`tier ${position}`, position, fails ? crash : ok, { state: () => state, computing }),
        )
        const best = tiers.findIndex(({ state, fails }) => state === 'serving' && !fails)
        const result = await ask(steps)
        const trail = result instanceof Error ? trailOf(result) : result.trail
        expect(trail.map(({ tier }) => tier)).toEqual(
          steps.slice(0, best < 0 ? steps.length : best + 1).map((s) => s.position),
        )
        if (result instanceof Error) {
          expect(best).toBe(-1)
          return
        }
        expect(servedBy(trail)).toBe(tiers[best]?.computing ? `tier ${best}` : 'cached')
        const lost = tiers.slice(0, best).findIndex(({ state }) => state !== 'absent')
        expect(degradation(trail)?.from).toBe(lost < 0 ? undefined : `tier ${lost}`)
      }),
    )
  })
})

describe('degrade, when no tier answers', () => {
  const busy = (retryAfterMs?: number) =>
    failing(new BackendError('busy', 'full', retryAfterMs === undefined ? {} : { retryAfterMs }))
  const miss = failing(new BackendError('miss', 'not stored'))
  const outOfTime = new GatewayError('EG_DEADLINE', 'the deadline passed while the texts waited')

  it('says EG_CHAIN_EXHAUSTED with the trail, and what each tier said in the message', async () => {
    const broken = failing(new BackendError('protocol', 'garbage'))
    const error = await ask([stepOf('gpu', 0, crash, { state: () => 'absent' }), stepOf('cpu', 1, broken)])
    expect(error).toMatchObject({
      code: 'EG_CHAIN_EXHAUSTED',
      message: 'nothing could answer for fake: gpu absent, cpu crash',
    })
    expect(trailOf(error)).toHaveLength(2)
  })

  it('says EG_OVERLOADED with the shortest known wait when all that compute are full', async () => {
    const steps = [stepOf('gpu', 0, busy(3_000)), stepOf('cpu', 1, busy(500)), stepOf('cached', 2, miss, stale)]
    expect(await ask(steps)).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 500 })
    expect(await ask([stepOf('cpu', 0, busy())])).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 1_000 })
    expect(await ask([stepOf('gpu', 0, busy()), stepOf('cpu', 1, crash)])).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
    expect(await ask([stepOf('cached', 0, miss, stale)])).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
  })

  it('asks the next tier about a text that one cannot compute, and says EG_INPUT_REJECTED when none can', async () => {
    const rejected = failing(new BackendError('rejected', 'the runtime failed on text 0'))
    expect(await ask([stepOf('gpu', 0, rejected), stepOf('cpu', 1, ok)])).toMatchObject({ dims: 4 })
    const steps = [stepOf('gpu', 0, rejected), stepOf('cpu', 1, rejected), stepOf('cached', 2, miss, stale)]
    expect(await ask(steps)).toMatchObject({ code: 'EG_INPUT_REJECTED' })
    expect(await ask([stepOf('gpu', 0, rejected), stepOf('cpu', 1, crash)])).toMatchObject({
      code: 'EG_CHAIN_EXHAUSTED',
    })
  })

  it('says EG_NOT_READY with a wait when all that compute have crashed and are being started again', async () => {
    const noWorker = failing(new BackendError('unavailable', 'no worker is ready'))
    const steps = [stepOf('gpu', 0, crash), stepOf('cpu', 1, noWorker), stepOf('cached', 2, miss, stale)]
    expect(await ask(steps)).toMatchObject({ code: 'EG_NOT_READY', retryAfterMs: 3_000 })
    const broken = failing(new BackendError('protocol', 'garbage'))
    expect(await ask([...steps, stepOf('other', 3, broken)])).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
  })

  it('says when the first breaker lets a call through, also when what is behind it is being started again', async () => {
    const barredFor = (retryAfterMs: number) => ({ bar: () => ({ reason: 'breaker_open', retryAfterMs }) as const })
    const gpu = stepOf('gpu', 0, crash, barredFor(30_000))
    const cpu = stepOf('cpu', 1, crash, barredFor(12_000))
    expect(await ask([gpu, cpu])).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED', retryAfterMs: 12_000 })
    expect(await ask([gpu, stepOf('cpu', 1, crash)])).toMatchObject({ code: 'EG_NOT_READY', retryAfterMs: 3_000 })
    const open = { ...barredFor(30_000), state: () => 'breaker_open' as const }
    expect(await ask([stepOf('gpu', 0, ok, open)])).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED', retryAfterMs: 30_000 })
  })

  it('says EG_NOT_READY while something starts and nothing has served yet', async () => {
    const at = (state: ReplicaState, served = false) => ({
      state: () => state,
      hasServed: () => served,
      isComing: () => state === 'starting' || state === 'probing',
    })
    const cached = stepOf('cached', 2, miss, stale)
    const codeFor = async (gpu: Partial<Step>, cpu: Partial<Step>) => {
      const error = await ask([stepOf('gpu', 0, crash, gpu), stepOf('cpu', 1, crash, cpu), cached])
      return (error as GatewayError).code
    }
    expect(await codeFor(at('absent'), at('starting'))).toBe('EG_NOT_READY')
    expect(await codeFor(at('probing'), at('probing'))).toBe('EG_NOT_READY')
    expect(await codeFor(at('absent'), at('down'))).toBe('EG_CHAIN_EXHAUSTED')
  })

  it('says EG_NOT_READY with a wait when what has served was lost a moment ago', async () => {
    const lost = { state: (): ReplicaState => 'down', isComing: () => true }
    const gpu = stepOf('gpu', 0, crash, lost)
    const cached = stepOf('cached', 2, miss, stale)
    expect(await ask([gpu, cached])).toMatchObject({ code: 'EG_NOT_READY', retryAfterMs: 3_000 })
    const broken = stepOf('cpu', 1, failing(new BackendError('protocol', 'garbage')))
    expect(await ask([gpu, broken, cached])).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
    const full = stepOf('cpu', 1, busy(500))
    expect(await ask([gpu, full, cached])).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 500 })
    expect(await ask([{ ...gpu, isComing: () => false }])).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
  })

  it('says EG_DEADLINE when all the time that computing may have is up, though not that of the stale reader', async () => {
    const clock = fakeClock()
    const { embed } = manual()
    const asked = ask([stepOf('cpu', 0, embed), stepOf('cached', 1, miss, stale)], callFor(clock, 1_000))
    await clock.advance(950)
    expect(await asked).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('says EG_DEADLINE also when the last try finds its engine hanging at that moment', async () => {
    const clock = fakeClock()
    const hangs: EmbedFn = async (_batch, call) => {
      await new Promise<void>((resolve) => call.onEnd(() => resolve()))
      throw new BackendError('timeout', 'no sign of life')
    }
    const asked = ask([stepOf('cpu', 0, hangs), stepOf('cached', 1, miss, stale)], callFor(clock, 1_000))
    await clock.advance(950)
    expect(await asked).toMatchObject({ code: 'EG_DEADLINE' })
  })

  it('lets a tier that was late say nothing: the others do', async () => {
    const late = stepOf('gpu', 0, failing(new BackendError('late', 'its share is spent')))
    expect(await ask([late, stepOf('cpu', 1, busy(500))])).toMatchObject({ code: 'EG_OVERLOADED', retryAfterMs: 500 })
    expect(await ask([late, stepOf('cpu', 1, crash)])).toMatchObject({ code: 'EG_NOT_READY' })
    expect(await ask([late, stepOf('cached', 1, miss, stale)])).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
  })

  it("says EG_DEADLINE when the caller's time is up, and carries the trail", async () => {
    const clock = fakeClock()
    const { embed } = manual()
    const asked = ask([stepOf('gpu', 0, crash), stepOf('cpu', 1, embed)], callFor(clock, 1_000))
    await clock.advance(1_000)
    const error = await asked
    expect(error).toMatchObject({ code: 'EG_DEADLINE' })
    expect(trailOf(error).map(({ backend }) => backend)).toEqual(['gpu', 'cpu'])
  })

  it('says EG_DEADLINE, calling nobody, when the time is up but the timer has not fired', async () => {
    const late = callFor({ ...fakeClock(), after: () => () => {} }, 0)
    const { embed, calls } = manual()
    expect(await ask([stepOf('cpu', 0, embed)], late)).toMatchObject({ code: 'EG_DEADLINE' })
    expect(calls).toHaveLength(0)
  })

  it('says EG_DEADLINE, calling nobody else, when what computes finds the time up a moment before the timer fires', async () => {
    const { embed, calls } = manual()
    let state: ReplicaState = 'down'
    const cpu = stepOf('cpu', 1, () => {
      state = 'serving'
      return Promise.reject(outOfTime)
    })
    const steps = [stepOf('gpu', 0, crash), cpu, stepOf('back', 2, embed, { state: () => state })]
    expect(await ask(steps)).toMatchObject({ code: 'EG_DEADLINE' })
    expect(calls).toHaveLength(0)
  })

  it('takes a share that what computes finds spent for a spent share, not for the deadline', async () => {
    const cpu = stepOf('cpu', 1, ok)
    expect(await ask([stepOf('gpu', 0, failing(outOfTime)), cpu])).toMatchObject({ dims: 4 })
    const full = failing(new BackendError('busy', 'full'))
    const queued = stepOf('gpu', 0, failing(outOfTime), { queueing: true })
    expect(await ask([queued, stepOf('cpu', 1, full)])).toMatchObject({ code: 'EG_OVERLOADED' })
    const reserved = stepOf('gpu', 0, failing(outOfTime), { queueing: true })
    expect(await ask([reserved, stepOf('cached', 1, miss, stale)])).toMatchObject({ code: 'EG_OVERLOADED' })
  })
})
