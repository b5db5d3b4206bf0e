import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cut, split } from '../../../gateway/chain/split.ts'
import { BackendError, outcomeOf } from '../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { tokenEstimate } from '../../../gateway/core/token-estimate.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { answerFor, batchOf, callFor, fakeModel, manual, outcome, settle } from './fakes.ts'

const where = { model: fakeModel() }
const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `text ${index}`)

describe('split', () => {
  it('passes a batch within the limits as it is', async () => {
    const answer = answerFor(['a', 'b'])
    const batch = batchOf(['a', 'b'])
    const call = callFor(fakeClock())
    const layer = split({ texts: 2, tokens: 100 })((...given) => {
      expect(given).toEqual([batch, call])
      return Promise.resolve(answer)
    }, where)
    expect(await layer(batch, call)).toBe(answer)
  })

  it('puts the pieces together by position, whatever the order they end in', async () => {
    const { embed, calls } = manual()
    const clock = fakeClock()
    const call = callFor(clock)
    const asked = split({ texts: 2 })(embed, where)(batchOf(texts(7)), call)
    for (const each of calls.toReversed()) each.answer({ trail: [] })
    const expected = answerFor(texts(7))
    expect(await asked).toMatchObject({ vectors: expected.vectors, tokens: expected.tokens })
    expect(calls.map(({ batch }) => batch.texts.length)).toEqual([2, 2, 2, 1])
    call.release()
    expect(clock.pending).toBe(0)
  })

  it('tells the progress with each piece that is answered', async () => {
    const { embed, calls } = manual()
    const call = callFor(fakeClock())
    const seen: number[] = []
    call.onProgress((tokens) => seen.push(tokens))
    const asked = split({ texts: 2 })(embed, where)(batchOf(texts(4)), call)
    calls[1]?.answer({ trail: [] })
    await settle()
    expect(seen).toEqual([where.model.estimate.tokensOfAll(texts(2))])
    calls[0]?.answer({ trail: [] })
    await asked
    expect(seen).toHaveLength(2)
  })

  it('has at most four pieces in flight', async () => {
    const { embed, calls } = manual()
    const asked = split({ texts: 1 })(embed, where)(batchOf(texts(6)), callFor(fakeClock()))
    expect(calls).toHaveLength(4)
    calls[2]?.answer()
    await settle()
    expect(calls).toHaveLength(5)
    for (const each of calls) each.answer()
    await settle()
    calls[5]?.answer()
    expect((await asked).vectors).toEqual(answerFor(texts(6)).vectors)
  })

  it('ends the other pieces when one fails, blaming no replica, and starts no more', async () => {
    const clock = fakeClock()
    const call = callFor(clock)
    const { embed, calls } = manual()
    const asked = outcome(split({ texts: 1 })(embed, where)(batchOf(texts(9)), call))
    const armed = clock.pending
    calls[1]?.fail(new BackendError('crash', 'it died'))
    expect(await asked).toMatchObject({ fault: 'crash' })
    await settle()
    expect(calls).toHaveLength(4)
    expect(calls.every((each) => each.call.signal.aborted)).toBe(true)
    expect(outcomeOf(calls[0]?.call.signal.reason)).toBe('neutral')
    expect(call.signal.aborted).toBe(false)
    expect(clock.pending).toBe(armed)
  })

  it('gives the pieces one after the other to a tier that lets one call through at a time', async () => {
    let isBusy = false
    const one: EmbedFn = async (batch) => {
      if (isBusy) throw new BackendError('unavailable', 'another call is the probe')
      isBusy = true
      await settle()
      isBusy = false
      return answerFor(batch.texts)
    }
    const answer = await split({ texts: 1 })(one, where)(batchOf(texts(9)), callFor(fakeClock()))
    expect(answer.vectors).toEqual(answerFor(texts(9)).vectors)
  })

  it.each(['open', 'no_place'] as const)(
    'leaves a piece that is turned away to the others at work, and loses none: %s',
    async (fault) => {
      const { embed, calls } = manual()
      const asked = outcome(split({ texts: 1 })(embed, where)(batchOf(texts(4)), callFor(fakeClock())))
      for (const refused of calls.slice(1, 4)) refused.fail(new BackendError(fault, 'turned away'))
      await settle()
      for (let sent = 0; sent < calls.length; sent++) {
        calls[sent]?.answer()
        await settle()
      }
      expect(await asked).toMatchObject({ vectors: answerFor(texts(4)).vectors })
      expect(calls.slice(4)).toHaveLength(3)
    },
  )

  it('gives up when every piece is turned away, and when the last one at work is', async () => {
    const never: EmbedFn = async () => {
      throw new BackendError('unavailable', 'no replica can be called')
    }
    expect(await outcome(split({ texts: 1 })(never, where)(batchOf(texts(9)), callFor(fakeClock())))).toMatchObject({
      fault: 'unavailable',
    })
    let answers = 0
    const twice: EmbedFn = async (batch) => {
      if (++answers > 2) throw new BackendError('open', 'its breaker lets nothing through')
      await settle()
      return answerFor(batch.texts)
    }
    expect(await outcome(split({ texts: 1 })(twice, where)(batchOf(texts(9)), callFor(fakeClock())))).toMatchObject({
      fault: 'open',
    })
  })

  it('warns of no leak when layers of every piece listen to the one signal', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    const { embed, calls } = manual()
    const asked = split({ texts: 1 })(embed, where)(batchOf(texts(4)), callFor(fakeClock()))
    for (const { call } of calls)
      for (let layer = 0; layer < 5; layer++) call.signal.addEventListener('abort', () => {})
    for (const each of calls) each.answer()
    await asked
    await settle()
    process.off('warning', note)
    expect(warnings).toEqual([])
  })
})

describe('cut', () => {
  it('keeps every text once, in order, in pieces that are within the limits and as few as can be in order', () => {
    const estimate = tokenEstimate(256)
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 60 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        (batch, most, tokens) => {
          const pieces = cut(batch, { texts: most, ...(tokens !== undefined && { tokens }) }, estimate)
          expect(pieces.flatMap(({ start, end }) => batch.slice(start, end))).toEqual(batch)
          pieces.forEach(({ start, end }, index) => {
            expect(end - start).toBeGreaterThan(0)
            expect(end - start).toBeLessThanOrEqual(most)
            const sum = estimate.tokensOfAll(batch.slice(start, end))
            if (tokens !== undefined && end - start > 1) expect(sum).toBeLessThanOrEqual(tokens)
            const first = pieces[index + 1] && batch[end]
            if (first === undefined) return
            expect(end - start === most || sum + estimate.tokensOf(first) > (tokens ?? Infinity)).toBe(true)
          })
        },
      ),
    )
  })
})
