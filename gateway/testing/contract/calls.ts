import assert from 'node:assert/strict'
import { CallerGone, GatewayError } from '../../core/errors.ts'
import { batchOf } from '../calls.ts'
import { assertComputedRows, settledWithin } from './assertions.ts'
import type { Bench, TestRunner } from './subject.ts'

/** A caller that leaves is let go within this time. */
const promptMs = 1_000

/** Calls: one that is over is not worked on, and does no harm to the others. */
export const callTests = ({ it }: TestRunner, bench: Bench): void => {
  it('rejects a call whose time was up before it began', async () => {
    const backend = await bench.backend()
    const call = bench.open()
    call.abort(new GatewayError('EG_DEADLINE', 'the request ran out of time'))
    assert.equal(await settledWithin(backend.embed(batchOf(bench.texts), call), promptMs), 'rejected')
  })

  it('lets an aborted call go at once, and answers those beside and after it', async () => {
    const backend = await bench.backend()
    const { texts } = bench
    const beside = bench.embed(texts)
    const calls = Array.from({ length: 20 }, () => bench.open())
    const work = calls.map((call) => backend.embed(batchOf([...texts, ...texts]), call))
    for (const call of calls) call.abort(new CallerGone())
    await Promise.all(work.map((one) => settledWithin(one, promptMs)))
    assertComputedRows(await beside, texts.length)
    assertComputedRows(await bench.embed(texts), texts.length)
  })
}
