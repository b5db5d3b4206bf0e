import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { singleflight } from '../../../gateway/chain/singleflight.ts'
import type { Embeddings } from '../../../gateway/core/embeddings.ts'
import { BackendError, CallerGone, GatewayError } from '../../../gateway/core/errors.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, batchOf, callFor, fakeModel, manual, outcome, settle } from './fakes.ts'

const texts = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 6 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask'), texts, ms: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave'), pick: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('answer'), pick: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail'), pick: fc.nat(50), caller: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 30 }) }) },
)

/** What each step may say; those that do not apply are undefined. */
interface Step {
  readonly do: string
  readonly texts?: string[]
  readonly ms?: number
  readonly pick?: number
  readonly caller?: boolean
}

describe('singleflight, whatever the order of batches, answers, failures, deadlines and cancellations', () => {
  it('gives each participant exactly its rows, in order, settles all, and leaves nothing at rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (script: Step[]) => {
        const clock = fakeClock()
        const inner = manual()
        const embed = singleflight(clock)(inner.embed, { model: fakeModel() })
        const asked: { texts: string[]; call: ReturnType<typeof callFor>; result: Promise<Embeddings | Error> }[] = []
        const running = () => inner.calls.filter((each) => !ended.has(each) && !each.call.signal.aborted)
        const ended = new Set<unknown>()
        const end = (pick: number, how: (each: (typeof inner.calls)[number]) => void): void => {
          const open = running()
          const each = open[pick % Math.max(1, open.length)]
          if (!each) return
          ended.add(each)
          how(each)
        }
        for (const now of script) {
          const { pick = 0 } = now
          if (now.do === 'ask') {
            const call = callFor(clock, now.ms)
            const result = outcome(embed(batchOf(now.texts ?? []), call))
            asked.push({ texts: now.texts ?? [], call, result })
          }
          if (now.do === 'leave') asked[pick % Math.max(1, asked.length)]?.call.abort(new CallerGone())
          if (now.do === 'answer') end(pick, (each) => each.answer())
          const error = now.caller ? new GatewayError('EG_INPUT_REJECTED', '') : new BackendError('crash', '')
          if (now.do === 'fail') end(pick, (each) => each.fail(error))
          if (now.do === 'wait') await clock.advance(now.ms ?? 0)
          else if (pick % 2 === 0) await settle()
          // No text is computed twice at the same time, except alone after a caller's fault.
          const inFlight = running().flatMap(({ batch }) => batch.texts)
          if (!script.some(({ caller }) => caller)) expect(new Set(inFlight).size).toBe(inFlight.length)
        }
        // Everything ends: those that still run are answered, round by round, or their deadline comes.
        await settle()
        for (let round = 0; round < 50 && running().length > 0; round++) {
          for (const each of running()) {
            ended.add(each)
            each.answer()
          }
          await settle()
        }
        for (const { texts: wanted, result } of asked) {
          const answer = await result
          if (answer instanceof Error) continue
          expect(answer.vectors).toEqual(answerFor(wanted).vectors)
          expect(answer.tokens).toEqual(answerFor(wanted).tokens)
        }
        for (const { call } of asked) call.release()
        expect(clock.pending).toBe(0)
        // Nothing is held: each text alone starts a computation of its own.
        const before = inner.calls.length
        for (const text of ['a', 'b', 'c', 'd', 'e']) void outcome(embed(batchOf([text]), callFor(clock)))
        expect(inner.calls.slice(before).map(({ batch }) => batch.texts)).toEqual([['a'], ['b'], ['c'], ['d'], ['e']])
      }),
      { numRuns: 300 },
    )
  })
})
