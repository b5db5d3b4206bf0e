import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { singleflight } from '../../../gateway/chain/singleflight.ts'
import { rowSource, type Embeddings, type Try } from '../../../gateway/core/embeddings.ts'
import { BackendError, CallerGone, GatewayError } from '../../../gateway/core/errors.ts'
import { trailOf, withTrail } from '../../../gateway/core/trail.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, batchOf, callFor, fakeModel, manual, never, outcome, settle } from './fakes.ts'

const tried: Try = { backend: 'cpu', replica: 0, tier: 0, computing: true, outcome: 'success', durationMs: 1 }
const { computed, joined, stale } = rowSource

const setUp = () => {
  const clock = fakeClock()
  const inner = manual()
  const shared: number[] = []
  const embed = singleflight(clock, (texts) => void shared.push(texts))(inner.embed, { model: fakeModel() })
  return { clock, calls: inner.calls, shared, embed }
}

describe('singleflight', () => {
  it('returns the answer as it came to a batch that shares nothing', async () => {
    const { clock, calls, shared, embed } = setUp()
    const batch = batchOf(['a', 'b'])
    const call = callFor(clock)
    const asked = embed(batch, call)
    expect(calls[0]?.batch).toBe(batch)
    const answer = answerFor(['a', 'b'])
    calls[0]?.answer(answer)
    expect((await asked).vectors).toBe(answer.vectors)
    expect(shared).toEqual([])
    call.release()
    expect(getEventListeners(call.signal, 'abort')).toHaveLength(0)
    expect(clock.pending).toBe(0)
  })

  it('computes a text in flight once, for batches that overlap', async () => {
    const { clock, calls, shared, embed } = setUp()
    const first = embed(batchOf(['a', 'b']), callFor(clock))
    const second = embed(batchOf(['c', 'b', 'd']), callFor(clock))
    expect(calls.map(({ batch }) => batch.texts)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    calls[0]?.answer({ trail: [tried] })
    calls[1]?.answer({ trail: [{ ...tried, backend: 'gpu' }] })
    const answer = await second
    expect(answer.vectors).toEqual(answerFor(['c', 'b', 'd']).vectors)
    expect([...answer.source]).toEqual([computed, joined, computed])
    expect(answer.trail.map(({ backend }) => backend)).toEqual(['gpu', 'cpu'])
    expect([...(await first).source]).toEqual([computed, computed])
    expect(shared).toEqual([1])
  })

  it('computes a text that a batch has twice once', async () => {
    const { clock, calls, embed } = setUp()
    const asked = embed(batchOf(['a', 'b', 'a', 'a']), callFor(clock))
    expect(calls[0]?.batch.texts).toEqual(['a', 'b'])
    calls[0]?.answer({ trail: [tried] })
    const answer = await asked
    expect(answer.vectors).toEqual(answerFor(['a', 'b', 'a', 'a']).vectors)
    expect([...answer.source]).toEqual([computed, computed, joined, joined])
    expect(answer.trail).toEqual([tried])
  })

  it('keeps stale rows stale when they are joined', async () => {
    const { clock, calls, embed } = setUp()
    const both = [embed(batchOf(['a']), callFor(clock)), embed(batchOf(['a']), callFor(clock))]
    calls[0]?.answer({ source: Uint8Array.of(stale) })
    for (const answer of await Promise.all(both)) expect([...answer.source]).toEqual([stale])
  })

  it.each([
    ['space', { space: 'another' }, {}],
    ['truncation', { truncate: false }, {}],
    ['parity', { minParity: 0.5 }, {}],
    ['tenant', {}, { tenant: 'another' }],
    ['cache directive', {}, { cache: 'no-store' as const }],
  ])('shares nothing across a different %s', (_what, batch, facts) => {
    const { clock, calls, embed } = setUp()
    void outcome(embed(batchOf(['a']), callFor(clock)))
    void outcome(embed(batchOf(['a'], batch), callFor(clock, 10_000, facts)))
    expect(calls).toHaveLength(2)
  })

  it('computes again once a computation has ended, well or badly', async () => {
    const { clock, calls, embed } = setUp()
    const first = outcome(embed(batchOf(['a']), callFor(clock)))
    calls[0]?.fail(new BackendError('crash', 'it died'))
    await first
    const second = outcome(embed(batchOf(['a']), callFor(clock)))
    calls[1]?.answer()
    expect(await second).toMatchObject({ dims: 4 })
    void outcome(embed(batchOf(['a']), callFor(clock)))
    expect(calls).toHaveLength(3)
  })

  it("gives a failure to everybody, with the flight's trail", async () => {
    const { clock, calls, embed } = setUp()
    const all = [1, 2, 3].map(() => outcome(embed(batchOf(['a']), callFor(clock))))
    calls[0]?.fail(withTrail(new GatewayError('EG_CHAIN_EXHAUSTED', 'nothing'), [tried]))
    for (const error of await Promise.all(all)) {
      expect(error).toMatchObject({ code: 'EG_CHAIN_EXHAUSTED' })
      expect(trailOf(error)).toEqual([tried])
    }
    expect(calls).toHaveLength(1)
  })

  it('refuses a caller who has left already, without a computation', async () => {
    const { clock, calls, embed } = setUp()
    const call = callFor(clock)
    call.abort(new CallerGone())
    expect(await outcome(embed(batchOf(['a']), call))).toBeInstanceOf(CallerGone)
    expect(calls).toHaveLength(0)
  })

  it('ends the flight when what is inside throws at once', async () => {
    const clock = fakeClock()
    const embed = singleflight(clock)(
      () => {
        throw new Error('a bug')
      },
      { model: fakeModel() },
    )
    for (let count = 0; count < 2; count++) {
      expect(await outcome(embed(batchOf(['a']), callFor(clock)))).toMatchObject({ message: 'a bug' })
    }
  })
})

describe('singleflight, when participants leave', () => {
  it('settles whoever leaves at once, and computes on for the others', async () => {
    const { clock, calls, embed } = setUp()
    const leader = callFor(clock)
    const left = outcome(embed(batchOf(['a']), leader))
    const stays = outcome(embed(batchOf(['a']), callFor(clock)))
    leader.abort(new CallerGone())
    expect(await left).toBeInstanceOf(CallerGone)
    expect(calls[0]?.call.signal.aborted).toBe(false)
    calls[0]?.answer()
    expect(((await stays) as Embeddings).vectors).toEqual(answerFor(['a']).vectors)
  })

  it('tells what computes why the last one has gone: because it left, or because its time was up', async () => {
    const { clock, calls, embed } = setUp()
    for (const reason of [new CallerGone(), new GatewayError('EG_DEADLINE', 'the time is up')]) {
      const call = callFor(clock)
      const gone = outcome(embed(batchOf(['a']), call))
      call.abort(reason)
      expect(await gone).toBe(reason)
      expect(calls.at(-1)?.call.endedBy).toBe(reason)
    }
  })

  it('aborts the computation when the last one has left, and nobody joins it any more', async () => {
    const { clock, calls, embed } = setUp()
    const [leader, follower] = [callFor(clock), callFor(clock)]
    const both = [outcome(embed(batchOf(['a']), leader)), outcome(embed(batchOf(['x', 'a']), follower))]
    follower.abort(new CallerGone())
    await settle()
    expect(calls.map(({ call }) => call.signal.aborted)).toEqual([false, true])
    leader.abort(new CallerGone())
    await Promise.all(both)
    expect(calls[0]?.call.signal.reason).toBeInstanceOf(CallerGone)
    void outcome(embed(batchOf(['a']), callFor(clock)))
    expect(calls).toHaveLength(3)
  })

  it("goes on after its leader's time, for followers who compute themselves, together", async () => {
    const { clock, calls, embed } = setUp()
    const leader = outcome(embed(batchOf(['a', 'b']), callFor(clock, 100)))
    const followers = ['c', 'd'].map((own) => outcome(embed(batchOf(['a', own]), callFor(clock, 5_000))))
    await clock.advance(100)
    expect(await leader).toMatchObject({ code: 'EG_DEADLINE' })
    expect(calls.map(({ batch }) => batch.texts)).toEqual([['a', 'b'], ['c'], ['d'], ['a']])
    for (const each of calls.slice(1)) each.answer()
    const answers = (await Promise.all(followers)) as Embeddings[]
    expect(answers[0]?.vectors).toEqual(answerFor(['a', 'c']).vectors)
    expect(answers[1]?.vectors).toEqual(answerFor(['a', 'd']).vectors)
    expect(answers.map(({ source }) => source[0])).toEqual([computed, joined])
  })

  it("does not fail followers for another text of the leader's", async () => {
    const { clock, calls, embed } = setUp()
    const leader = outcome(embed(batchOf(['poison', 'a']), callFor(clock)))
    const follower = outcome(embed(batchOf(['a']), callFor(clock)))
    calls[0]?.fail(new GatewayError('EG_INPUT_REJECTED', 'it crashes the engine'))
    expect(await leader).toMatchObject({ code: 'EG_INPUT_REJECTED' })
    expect(calls[1]?.batch.texts).toEqual(['a'])
    calls[1]?.answer()
    expect(await follower).toMatchObject({ dims: 4 })
  })

  it('fails followers of the one text that is at fault', async () => {
    const { clock, calls, embed } = setUp()
    const both = [1, 2].map(() => outcome(embed(batchOf(['poison']), callFor(clock))))
    calls[0]?.fail(new GatewayError('EG_INPUT_REJECTED', 'it crashes the engine'))
    for (const error of await Promise.all(both)) expect(error).toMatchObject({ code: 'EG_INPUT_REJECTED' })
    expect(calls).toHaveLength(1)
  })

  it('lets nobody join a computation that was aborted, even if it does not stop', async () => {
    const clock = fakeClock()
    let computations = 0
    const embed = singleflight(clock)(
      () => {
        computations++
        return never()
      },
      { model: fakeModel() },
    )
    const call = callFor(clock)
    const left = outcome(embed(batchOf(['a']), call))
    call.abort(new CallerGone())
    await left
    void outcome(embed(batchOf(['a']), callFor(clock)))
    expect(computations).toBe(2)
  })

  it('counts a participant once, however often it wants a text', async () => {
    const { clock, calls, embed } = setUp()
    const leader = callFor(clock)
    const left = outcome(embed(batchOf(['a', 'a', 'a']), leader))
    const stays = outcome(embed(batchOf(['a', 'a']), callFor(clock)))
    leader.abort(new CallerGone())
    await left
    expect(calls[0]?.call.signal.aborted).toBe(false)
    calls[0]?.answer()
    expect(await stays).toMatchObject({ dims: 4 })
    const alone = callFor(clock)
    const gone = outcome(embed(batchOf(['b', 'b']), alone))
    alone.abort(new CallerGone())
    await gone
    expect(calls[1]?.call.signal.aborted).toBe(true)
  })

  it('does not compute equal texts of a batch again when the batch fails', async () => {
    const { clock, calls, embed } = setUp()
    const asked = outcome(embed(batchOf(['a', 'poison', 'a']), callFor(clock)))
    calls[0]?.fail(new GatewayError('EG_INPUT_REJECTED', 'it crashes the engine'))
    expect(await asked).toMatchObject({ code: 'EG_INPUT_REJECTED' })
    await settle()
    expect(calls).toHaveLength(1)
  })

  it('does not let an interactive caller wait for a large bulk request, nor raise it', async () => {
    const { clock, calls, embed } = setUp()
    const many = Array.from({ length: 100 }, (_, row) => `text ${row}`)
    const bulk = embed(batchOf(many), callFor(clock, 120_000, {}, 'bulk'))
    const interactive = embed(batchOf(['text 50']), callFor(clock))
    expect(calls.map(({ call, batch }) => [call.priority, batch.texts.length])).toEqual([
      ['bulk', 100],
      ['interactive', 1],
    ])
    calls[1]?.answer()
    expect((await interactive).vectors).toEqual(answerFor(['text 50']).vectors)
    // The bulk flight is still there for others of its class, though one of its texts was computed twice.
    void outcome(embed(batchOf(['text 49']), callFor(clock, 120_000, {}, 'bulk')))
    expect(calls).toHaveLength(2)
    calls[0]?.answer()
    expect((await bulk).vectors).toEqual(answerFor(many).vectors)
  })

  it('computes again for a caller with more time when a flight failed short of its own', async () => {
    const { clock, calls, embed } = setUp()
    const busy = (): GatewayError => new GatewayError('EG_OVERLOADED', 'its share was spent')
    const leader = outcome(embed(batchOf(['a']), callFor(clock, 100)))
    const patient = embed(batchOf(['a']), callFor(clock, 10_000))
    const alike = outcome(embed(batchOf(['a']), callFor(clock, 120)))
    await clock.advance(90)
    calls[0]?.fail(busy())
    expect(await leader).toMatchObject({ code: 'EG_OVERLOADED' })
    expect(await alike).toMatchObject({ code: 'EG_OVERLOADED' })
    await settle()
    calls[1]?.answer()
    expect((await patient).vectors).toEqual(answerFor(['a']).vectors)
    expect(calls).toHaveLength(2)
  })

  it('computes again for a caller with more time when there was no place in the time of the flight, however much was left', async () => {
    const { clock, calls, embed } = setUp()
    const leader = outcome(embed(batchOf(['a']), callFor(clock, 1_000)))
    const patient = embed(batchOf(['a']), callFor(clock, 10_000))
    await clock.advance(500)
    calls[0]?.fail(new GatewayError('EG_OVERLOADED', 'no place came in half of the time', { retryAfterMs: 2_000 }))
    expect(await leader).toMatchObject({ code: 'EG_OVERLOADED' })
    await settle()
    calls[1]?.answer()
    expect((await patient).vectors).toEqual(answerFor(['a']).vectors)
  })

  it('joins what is in flight also when an older computation that had lost its texts has ended', async () => {
    const { clock, calls, embed } = setUp()
    const many = Array.from({ length: 33 }, (_, row) => `text ${row}`)
    const bulk = embed(batchOf(many), callFor(clock, 120_000, {}, 'bulk'))
    const interactive = embed(batchOf(many), callFor(clock))
    calls[1]?.answer()
    await interactive
    const [first, second] = [outcome(embed(batchOf(['x']), callFor(clock))), callFor(clock)]
    calls[0]?.answer()
    await bulk
    const joining = embed(batchOf(['x']), second)
    expect(calls).toHaveLength(3)
    calls[2]?.answer()
    expect(await first).toMatchObject({ dims: 4 })
    expect(await joining).toMatchObject({ dims: 4 })
  })

  it('computes nothing again for a batch that has failed', async () => {
    const { clock, calls, embed } = setUp()
    const [short, long] = [callFor(clock, 100), callFor(clock)]
    const leading = outcome(embed(batchOf(['a']), short))
    const other = outcome(embed(batchOf(['a', 'b']), long))
    // The flight that is joined fails for want of its leader's time, in the moment in which the batch's own one fails.
    calls[1]?.fail(new BackendError('crash', 'gone'))
    calls[0]?.fail(new GatewayError('EG_DEADLINE', 'out of time'))
    expect(await other).toMatchObject({ fault: 'crash' })
    expect(await leading).toMatchObject({ code: 'EG_DEADLINE' })
    await settle()
    expect(calls.filter(({ call }) => !call.endedBy)).toHaveLength(2)
    for (const call of [short, long]) call.release()
    expect(clock.pending).toBe(0)
  })

  it('asks again for what it was given before a replica turned out to have drifted', async () => {
    const clock = fakeClock()
    const { embed: inner, calls } = manual()
    let drifts = 0
    const embed = singleflight(clock, undefined, () => drifts)(inner, { model: fakeModel() })
    const leading = embed(batchOf(['a']), callFor(clock))
    const both = embed(batchOf(['a', 'b']), callFor(clock))
    calls[0]?.answer({ vectors: Float32Array.of(9, 9, 9, 9) })
    expect([...(await leading).vectors]).toEqual([9, 9, 9, 9])
    drifts = 1
    calls[1]?.answer()
    await settle()
    expect(calls[2]?.batch.texts).toEqual(['a', 'b'])
    calls[2]?.answer()
    expect((await both).vectors).toEqual(answerFor(['a', 'b']).vectors)
  })

  it('takes the class of the highest participant', () => {
    const { clock, calls, embed } = setUp()
    void outcome(embed(batchOf(['c']), callFor(clock)))
    expect(calls.pop()?.call.priority).toBe('interactive')
    void outcome(embed(batchOf(['a']), callFor(clock, 10_000, {}, 'bulk')))
    void outcome(embed(batchOf(['b']), callFor(clock, 10_000, {}, 'bulk')))
    expect(calls[0]?.call.priority).toBe('bulk')
    void outcome(embed(batchOf(['a']), callFor(clock, 10_000, {}, 'interactive')))
    expect(calls.map(({ call }) => call.priority)).toEqual(['interactive', 'bulk'])
  })

  it("has the leader's facts and deadline", () => {
    const { clock, calls, embed } = setUp()
    const facts = { requestId: 'first', tenant: 'a', cache: 'no-cache', traceparent: '00-1-2-01' } as const
    void outcome(embed(batchOf(['a']), callFor(clock, 700, facts)))
    expect(calls[0]?.call).toMatchObject(facts)
    expect(calls[0]?.call.deadline.remainingMs()).toBe(700)
  })
})
