import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldens } from '../support/golden.ts'
import { failed } from './check.ts'
import { judge } from './failover/judge.ts'
import { runFailover } from './failover/run.ts'
import { scenarios } from './failover/scenarios.ts'
import { startReference, type Reference } from './reference.ts'

let reference: Reference
beforeAll(async () => void (reference = await startReference()))
afterAll(() => reference.stop())

describe('the reference', () => {
  it('tells the vector of another text from the right one', async () => {
    const [one, other] = goldens.map(({ text, vector }) => ({ text, vector, startMs: 0, latencyMs: 0, status: 200 }))
    if (!one || !other) throw new Error('there are no goldens')
    expect(await reference.wrong([one, other])).toEqual([])
    expect(await reference.wrong([one, { ...other, vector: one.vector }])).toEqual([other.text])
    expect(await reference.wrong([{ ...one, vector: Float32Array.from(one.vector).fill(Number.NaN, 0, 1) }])).toEqual([
      one.text,
    ])
  })
})

/** Those that do not wait for time-outs. `npm run failover` loses each tier in every way, ten times. */
const quick = scenarios.filter(({ isQuick }) => isQuick)

describe('a first tier that is lost twice under load [S4]', { timeout: 120_000 }, () => {
  it.each(quick)('costs next to nothing and is used again: $name', async (scenario) => {
    const result = await runFailover(scenario, 2, reference)
    expect(failed(judge(result))).toEqual([])
  })
})
