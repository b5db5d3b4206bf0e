import { describe, expect, it } from 'vitest'
import { balance, failedReplicas, hasOther } from '../../../gateway/chain/balance.ts'
import type { Replica } from '../../../gateway/chain/replica.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { trailOf } from '../../../gateway/core/trail.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, batchOf, callFor, fakeBackend, fakeModel, manual, outcome } from './fakes.ts'

const fakeReplica = (replica: number, over: Partial<Replica> = {}): Replica => ({
  backend: fakeBackend({ replica }),
  policy: {},
  state: 'serving',
  parity: 1,
  isSuspect: false,
  hasOtherModel: false,
  hasServed: true,
  isComing: false,
  bar: () => undefined,
  provenUntilMs: () => 0,
  inFlight: 0,
  status: () => ({
    backend: 'fake',
    replica,
    kind: 'fake',
    computing: true,
    optional: false,
    state: 'serving',
    sinceMs: 0,
    inFlight: 0,
  }),
  canariesGo: () => {},
  start: () => {},
  suspect: () => {},
  close: async () => {},
  ...over,
})

const tier = { name: 'cpu', position: 1, computing: true }

/** A balance over replicas with these `EmbedFn`s; `draws` are the random numbers. */
const over = (targets: { replica: Replica; embed: EmbedFn }[], draws: number[] = [], clock = fakeClock()) =>
  balance(tier, targets, failedReplicas(), { clock, random: () => draws.shift() ?? 0 })(
    () => Promise.reject(new Error('nothing behind')),
    { model: fakeModel() },
  )

const ok: EmbedFn = async ({ texts }) => answerFor(texts)
const crash: EmbedFn = () => Promise.reject(new BackendError('crash', 'it died'))

describe('balance', () => {
  it('notes the try and its duration in the trail of the answer', async () => {
    const clock = fakeClock()
    const { embed, calls } = manual()
    const asked = over([{ replica: fakeReplica(3), embed }], [], clock)(batchOf(['a']), callFor(clock))
    await clock.advance(40)
    calls[0]?.answer()
    expect((await asked).trail).toEqual([
      { backend: 'cpu', replica: 3, tier: 1, computing: true, outcome: 'success', durationMs: 40 },
    ])
  })

  it('notes the try in the trail of the error, and tells the replica', async () => {
    const suspected: unknown[] = []
    const replica = fakeReplica(0, { suspect: (error) => void suspected.push(error) })
    const error = await outcome(over([{ replica, embed: crash }])(batchOf(['a']), callFor(fakeClock())))
    expect(trailOf(error)).toMatchObject([{ backend: 'cpu', outcome: 'failure', reason: 'crash' }])
    expect(suspected).toEqual([error])
  })

  it('gives each row the parity of the replica that made it, and none where that is not known', async () => {
    const parityOf = async (parity: number | undefined) => {
      const embed: EmbedFn = async ({ texts }) => answerFor(texts)
      const answer = await over([{ replica: fakeReplica(0, { parity }), embed }])(
        batchOf(['a', 'b']),
        callFor(fakeClock()),
      )
      return answer.parity && [...answer.parity]
    }
    expect(await parityOf(0.9995)).toEqual([Math.fround(0.9995), Math.fround(0.9995)])
    expect(await parityOf(undefined)).toBeUndefined()
  })

  it('counts calls in flight, also those that fail', async () => {
    const replica = fakeReplica(0)
    const { embed, calls } = manual()
    const embedding = over([{ replica, embed }])
    const call = callFor(fakeClock())
    const both = [outcome(embedding(batchOf(['a']), call)), outcome(embedding(batchOf(['b']), call))]
    expect(replica.inFlight).toBe(2)
    calls[0]?.answer()
    calls[1]?.fail(new Error('broken'))
    await Promise.all(both)
    expect(replica.inFlight).toBe(0)
  })

  it('takes the less loaded of two random replicas, whichever was drawn first', async () => {
    const replicas = [fakeReplica(0, { inFlight: 5 }), fakeReplica(1, { inFlight: 2 }), fakeReplica(2, { inFlight: 0 })]
    const targets = replicas.map((replica) => ({ replica, embed: ok }))
    const picked = async (draws: number[]) => {
      const answer = await over(targets, draws)(batchOf(['a']), callFor(fakeClock()))
      return answer.trail[0]?.replica
    }
    expect(await picked([0, 0])).toBe(1)
    expect(await picked([0.4, 0.99])).toBe(1)
    expect(await picked([0, 0.99])).toBe(2)
    expect(await picked([0.99, 0])).toBe(2)
  })

  it('passes over replicas that do not serve, or not at the floor of this model', async () => {
    const targets = [
      { replica: fakeReplica(0, { state: 'down' }), embed: crash },
      { replica: fakeReplica(1, { parity: 0.99 }), embed: crash },
      { replica: fakeReplica(2), embed: ok },
    ]
    expect((await over(targets)(batchOf(['a']), callFor(fakeClock()))).trail[0]?.replica).toBe(2)
    expect(await outcome(over(targets.slice(0, 2))(batchOf(['a']), callFor(fakeClock())))).toMatchObject({
      fault: 'unavailable',
    })
  })

  it('sends a further try of the same call to a replica that has not failed it, while there is one', async () => {
    const targets = [
      { replica: fakeReplica(0), embed: crash },
      { replica: fakeReplica(1, { inFlight: 9 }), embed: crash },
    ]
    const embedding = over(targets)
    const call = callFor(fakeClock())
    const tried: unknown[] = []
    for (let count = 0; count < 3; count++) {
      tried.push(trailOf(await outcome(embedding(batchOf(['a']), call)))[0]?.replica)
    }
    expect(tried).toEqual([0, 1, 0])
    expect(trailOf(await outcome(embedding(batchOf(['a']), callFor(fakeClock()))))[0]?.replica).toBe(0)
  })

  it('passes over a replica that is barred, and is unavailable when all are', async () => {
    const barred = { bar: () => ({ reason: 'breaker_open', retryAfterMs: 5 }) as const }
    const called: number[] = []
    const target = (replica: number, more: Partial<Replica> = {}) => ({
      replica: fakeReplica(replica, more),
      embed: (async ({ texts }) => {
        called.push(replica)
        return answerFor(texts)
      }) as EmbedFn,
    })
    await over([target(0, barred), target(1)])(batchOf(['a']), callFor(fakeClock()))
    expect(called).toEqual([1])
    const fault = await outcome(over([target(0, barred)])(batchOf(['a']), callFor(fakeClock())))
    expect(fault).toMatchObject({ fault: 'unavailable' })
    expect(called).toEqual([1])
  })

  it('passes over a replica that was found gone, although it has the fewest calls, unless all others were or failed the call', async () => {
    const gone = { replica: fakeReplica(0, { isSuspect: true }), embed: crash }
    const busy = { replica: fakeReplica(1, { inFlight: 9 }), embed: crash }
    const triedBy = async (embedding: EmbedFn, call = callFor(fakeClock())) =>
      trailOf(await outcome(embedding(batchOf(['a']), call)))[0]?.replica
    const both = over([gone, busy])
    expect([await triedBy(both), await triedBy(both)]).toEqual([1, 1])
    const call = callFor(fakeClock())
    expect([await triedBy(both, call), await triedBy(both, call)]).toEqual([1, 0])
    expect(await triedBy(over([gone]))).toBe(0)
  })

  it('picks another replica at once when a breaker turns the call away, and says nothing of it', async () => {
    const open: EmbedFn = () => Promise.reject(new BackendError('open', 'another call is the probe'))
    const asked = over([
      { replica: fakeReplica(0), embed: open },
      { replica: fakeReplica(1), embed: ok },
    ])(batchOf(['a']), callFor(fakeClock()))
    expect((await asked).trail).toMatchObject([{ replica: 1, outcome: 'success' }])
  })

  it('has skipped a tier all of whose breakers turn the call away', async () => {
    const open: EmbedFn = () => Promise.reject(new BackendError('open', 'another call is the probe'))
    const bar = () => ({ reason: 'breaker_half_open', retryAfterMs: 5 }) as const
    const barred = fakeReplica(0)
    const asked = over([
      { replica: barred, embed: (batch, call) => open(batch, call).finally(() => Object.assign(barred, { bar })) },
    ])
    const error = await outcome(asked(batchOf(['a']), callFor(fakeClock())))
    expect(error).toMatchObject({ fault: 'open' })
    expect(trailOf(error)).toMatchObject([{ outcome: 'skipped', reason: 'breaker_half_open' }])
  })

  it('picks another replica at once when one has no place, and has skipped a tier where none has', async () => {
    const full: EmbedFn = () => Promise.reject(new BackendError('no_place', 'too many wait', { retryAfterMs: 400 }))
    const asked = over([
      { replica: fakeReplica(0), embed: full },
      { replica: fakeReplica(1), embed: ok },
    ])(batchOf(['a']), callFor(fakeClock()))
    expect((await asked).trail).toMatchObject([{ replica: 1, outcome: 'success' }])
    const clock = fakeClock()
    const waits: EmbedFn = async () => {
      await new Promise<void>((resolve) => clock.after(500, resolve))
      return full(batchOf([]), callFor(clock))
    }
    const both = [0, 1].map((replica) => ({ replica: fakeReplica(replica), embed: waits }))
    const refused = outcome(over(both, [], clock)(batchOf(['a']), callFor(clock)))
    await clock.advance(1_000)
    const error = await refused
    expect(error).toMatchObject({ fault: 'no_place', retryAfterMs: 400 })
    expect(trailOf(error)).toMatchObject([{ replica: 1, outcome: 'skipped', reason: 'no_place', durationMs: 500 }])
  })

  it('has not failed a call that it has turned away: the next piece of a request may find a place there', async () => {
    let isFull = true
    const first: EmbedFn = async ({ texts }) => {
      if (isFull) throw new BackendError('no_place', 'too many wait')
      return answerFor(texts)
    }
    const asked = over(
      [
        { replica: fakeReplica(0), embed: first },
        { replica: fakeReplica(1), embed: () => Promise.reject(new BackendError('no_place', 'too many wait')) },
      ],
      [0, 0, 0, 0, 0.9, 0],
    )
    const call = callFor(fakeClock())
    expect(await outcome(asked(batchOf(['a']), call))).toMatchObject({ fault: 'no_place' })
    isFull = false
    expect((await asked(batchOf(['b']), call)).trail).toMatchObject([{ replica: 0, outcome: 'success' }])
  })

  it('knows whether another replica could be asked: one that can be called and has not failed the call', () => {
    const [first, second] = [fakeReplica(0), fakeReplica(1)]
    const failed = failedReplicas()
    const call = callFor(fakeClock())
    const model = fakeModel()
    failed.note(call, first)
    expect(hasOther(model, { replicas: [first, second] }, failed, call)).toBe(true)
    failed.note(call, second)
    expect(hasOther(model, { replicas: [first, second] }, failed, call)).toBe(false)
    expect(hasOther(model, { replicas: [first, second] }, failed, callFor(fakeClock()))).toBe(true)
    const barred = fakeReplica(2, { bar: () => ({ reason: 'breaker_open', retryAfterMs: 5 }) })
    expect(hasOther(model, { replicas: [first, barred] }, failed, call)).toBe(false)
    const gone = fakeReplica(3, { isSuspect: true })
    expect(hasOther(model, { replicas: [first, gone] }, failed, call)).toBe(false)
  })
})
